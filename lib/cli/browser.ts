import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { env } from '../env.ts';
import { bin } from './step.ts';
import { UserError } from './user-error.ts';

const candidates = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * A Chromium for the end-to-end tests: the one named by CHROMIUM_PATH, the machine's, Playwright's own, else one
 * installed here and now (system package manager where we may use it, otherwise Playwright's download).
 * @returns path of the executable.
 */
export async function ensureBrowser(say: (step: string) => void): Promise<string> {
  const found = await findBrowser();
  if (found) return found;
  say('install Chromium');
  if (process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0) {
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-liberation'], {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  } else {
    spawnSync(process.execPath, [bin('@playwright/test', 'cli.js'), 'install', 'chromium'], { stdio: 'ignore' });
  }
  const installed = await findBrowser();
  if (!installed)
    throw new UserError(
      'No Chromium found and none could be installed. Install one (Debian: apt-get install chromium) or name it by CHROMIUM_PATH.',
    );
  return installed;
}

async function findBrowser(): Promise<string | undefined> {
  const { chromium } = await import('@playwright/test');
  return [env().chromiumPath ?? '', ...candidates, chromium.executablePath()].find((file) => file && existsSync(file));
}
