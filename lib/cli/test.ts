import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureBrowser } from './browser.ts';
import { build } from './build.ts';
import { bin, root, run, StepFailed } from './step.ts';
import { UserError } from './user-error.ts';

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** dependency-cruiser passes silently when it understands no file at all; this many modules must have been seen. */
const MIN_MODULES = 100;

/** `npm test`: everything, in the order in which a failure is cheapest to find. Last line: `N passed, N failed`. */
export async function test(): Promise<void> {
  const say = (step: string) => console.log(`· ${step}`);
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  for (const [title, check] of checks) await counted(title, check, total);
  await build(say);
  const reports = path.join(root, 'dist', 'test-reports');
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  say('unit and integration tests');
  const vitestReport = path.join(reports, 'vitest.json');
  await show([
    bin('vitest', 'vitest.mjs'),
    'run',
    '--reporter=dot',
    '--silent=passed-only',
    '--reporter=json',
    `--outputFile.json=${vitestReport}`,
    // A log file is read, not looked at: colours would be most of it.
    ...(process.stdout.isTTY ? [] : ['--no-color']),
  ]);
  add(total, vitestCount(vitestReport));
  say('end-to-end tests');
  const chromium = await ensureBrowser(say);
  const e2eReport = path.join(reports, 'playwright.json');
  await show([bin('@playwright/test', 'cli.js'), 'test'], {
    CHROMIUM_PATH: chromium,
    PLAYWRIGHT_JSON_OUTPUT_FILE: e2eReport,
  });
  add(total, playwrightCount(e2eReport));
  console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}

const node = process.execPath;
const checks: [string, () => Promise<void>][] = [
  [
    'format and lint (biome)',
    async () => void (await run('biome', node, [bin('@biomejs/biome', 'bin/biome'), 'check', '.'])),
  ],
  ['types (tsc)', async () => void (await run('tsc', node, [bin('typescript', 'bin/tsc'), '--noEmit']))],
  ['import arrows (dependency-cruiser)', importArrows],
  ['unused code (knip)', async () => void (await run('knip', node, [bin('knip', 'bin/knip.js'), '--no-progress']))],
];

async function importArrows(): Promise<void> {
  const rooms = ['app', 'components', 'lib', 'lambdas', 'infra', 'bench', 'e2e'].filter((room) =>
    existsSync(path.join(root, room)),
  );
  const out = await run('dependency-cruiser', node, [
    bin('dependency-cruiser', 'bin/dependency-cruiser.mjs'),
    '--config',
    '.dependency-cruiser.mjs',
    ...rooms,
  ]);
  const modules = Number(/\((\d+) modules/.exec(out)?.[1] ?? 0);
  if (modules < MIN_MODULES)
    throw new StepFailed(`dependency-cruiser saw ${modules} modules; it must see at least ${MIN_MODULES}`);
}

async function counted(title: string, check: () => Promise<void>, total: Count): Promise<void> {
  try {
    await check();
    total.passed += 1;
    console.log(`✓ ${title}`);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    total.failed += 1;
    console.log(`✗ ${title}\n${error.message}`);
  }
}

/** Runs a test runner with its output shown; its verdict is read from its report file. */
async function show(args: string[], env: Record<string, string> = {}): Promise<void> {
  const child = spawn(node, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  await new Promise((resolve) => child.on('close', resolve));
}

function add(total: Count, part: Count): void {
  total.passed += part.passed;
  total.failed += part.failed;
  total.skipped += part.skipped;
}

function vitestCount(file: string): Count {
  const report = readReport(file, 'vitest') as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    numFailedTestSuites: number;
    success: boolean;
  };
  const failed =
    report.numFailedTests > 0 ? report.numFailedTests : report.success ? 0 : Math.max(1, report.numFailedTestSuites);
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests };
}

function playwrightCount(file: string): Count {
  const report = readReport(file, 'Playwright') as {
    stats: { expected: number; unexpected: number; flaky: number; skipped: number };
    errors: unknown[];
  };
  return {
    passed: report.stats.expected,
    failed: report.stats.unexpected + report.stats.flaky + report.errors.length,
    skipped: report.stats.skipped,
  };
}

function readReport(file: string, runner: string): unknown {
  if (!existsSync(file))
    throw new UserError(`${runner} wrote no report: it stopped before its first test (see above).`);
  return JSON.parse(readFileSync(file, 'utf8'));
}
