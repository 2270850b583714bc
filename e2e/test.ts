import { test as base } from '@playwright/test';

/** Pages of the stack that global-setup started; a page that logs an error or throws fails its test. */
export const test = base.extend({
  baseURL: async ({ browserName: _ }, use) => use(process.env.STARMAP_E2E_URL),
  page: async ({ page }, use) => {
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await use(page);
    if (problems.length > 0) throw new Error(`the page reported: ${problems.join('\n')}`);
  },
});
export { expect } from '@playwright/test';
