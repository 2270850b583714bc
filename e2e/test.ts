import { test as base } from '@playwright/test';

/** Pages of the stack that global-setup started; a page that logs an error or throws fails its test. */
export const test = base.extend({
  baseURL: async ({ browserName: _ }, use) => use(process.env.STARMAP_E2E_URL),
  page: async ({ page }, use) => {
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    // Of what could not be loaded the text says the status only.
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(`${message.text()} ${message.location().url}`);
    });
    // What is streamed stands in the page twice while React puts it into its place.
    const goto = page.goto.bind(page);
    page.goto = async (...to) => {
      const answer = await goto(...to);
      await page.waitForFunction(() => !document.querySelector('div[hidden][id^="S:"]'));
      return answer;
    };
    await use(page);
    if (problems.length > 0) throw new Error(`the page reported: ${problems.join('\n')}`);
  },
});
export { expect } from '@playwright/test';
