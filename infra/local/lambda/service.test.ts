import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Faults } from '../faults.ts';
import { type LogStore, openLogStore } from '../logs/store.ts';
import { createLambdaService, type LambdaService } from './service.ts';

let dir: string;
let logs: LogStore;
let lambda: LambdaService;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'starmap-lambda-'));
  logs = openLogStore(path.join(dir, 'logs'));
});
afterEach(async () => {
  await lambda.close();
  logs.close();
  rmSync(dir, { recursive: true, force: true });
});

/** One function for each module text; `handler` is what the test is about. */
function functions(
  sources: Record<string, string>,
  settings: { memoryMb?: number; timeoutMs?: number; concurrency?: number; faults?: Faults } = {},
): LambdaService {
  const { memoryMb = 512, timeoutMs = 30_000, concurrency, faults } = settings;
  const configs = Object.entries(sources).map(([name, source]) => {
    const bundleDir = path.join(dir, name);
    mkdirSync(bundleDir);
    writeFileSync(path.join(bundleDir, 'index.mjs'), source);
    return {
      name,
      arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
      bundleDir,
      handler: 'index.handler',
      memoryMb,
      timeoutMs,
      env: {},
    };
  });
  lambda = createLambdaService({
    functions: configs,
    logs,
    ...(concurrency ? { concurrency } : {}),
    ...(faults ? { faults } : {}),
  });
  return lambda;
}

const messages = (name: string) =>
  logs.filter({ group: `/aws/lambda/${name}` }).events.map((event) => event.message.trimEnd());
const json = (payload: string) => JSON.parse(payload) as Record<string, unknown>;

test('an environment is reused: one process, one log stream, Init Duration once', async () => {
  functions({ echo: 'let n = 0; export const handler = async (event) => ({ ...event, pid: process.pid, n: ++n });' });
  const first = json((await lambda.invoke('echo', '{"a":1}')).payload);
  const second = json((await lambda.invoke('arn:aws:lambda:us-east-1:000000000000:function:echo', '{"a":2}')).payload);
  expect(second).toEqual({ a: 2, pid: first.pid, n: 2 });
  expect(logs.streams('/aws/lambda/echo')).toHaveLength(1);
  expect(messages('echo').filter((line) => line.includes('Init Duration'))).toHaveLength(1);
});

test('log lines stand between START and END, in the shape of the Node runtime, and the tail has them', async () => {
  functions({
    talk: "export const handler = async () => { console.log('one %d', 1); console.error('two\\nlines'); return null; };",
  });
  const { requestId, logTailBase64, payload } = await lambda.invoke('talk', '{}', { logTail: true });
  expect(payload).toBe('null');
  const lines = messages('talk');
  expect(lines[0]).toBe(`START RequestId: ${requestId} Version: $LATEST`);
  expect(lines[1]).toMatch(new RegExp(`^\\d{4}-.*Z\t${requestId}\tINFO\tone 1$`));
  expect(lines[2]).toMatch(new RegExp(`\t${requestId}\tERROR\ttwo\nlines$`));
  expect(lines[3]).toBe(`END RequestId: ${requestId}`);
  expect(lines[4]).toMatch(
    new RegExp(
      `^REPORT RequestId: ${requestId}\tDuration: [\\d.]+ ms\tBilled Duration: \\d+ ms\tMemory Size: 512 MB\tMax Memory Used: \\d+ MB\tInit Duration: [\\d.]+ ms$`,
    ),
  );
  expect(
    Buffer.from(logTailBase64 ?? '', 'base64')
      .toString()
      .trimEnd()
      .split('\n')
      .at(-1)
      ?.trimEnd(),
  ).toBe(lines[4]);
});

test('billed duration is the duration and the init, rounded up to whole milliseconds', async () => {
  functions({ quick: 'export const handler = async () => 1;' });
  await lambda.invoke('quick', '{}');
  const [, duration, billed, init] =
    /Duration: ([\d.]+) ms\tBilled Duration: (\d+) ms.*Init Duration: ([\d.]+) ms/.exec(
      messages('quick').at(-1) ?? '',
    ) ?? [];
  // The two printed figures are rounded to a hundredth, so the sum may sit on the edge.
  expect(Math.abs(Number(billed) - Math.ceil(Number(duration) + Number(init)))).toBeLessThanOrEqual(1);
});

test('calls beyond the concurrency wait in order of arrival, and an abort takes one out', async () => {
  functions(
    { slow: 'export const handler = async ({ n }) => { console.log("n=" + n); return n; };' },
    { concurrency: 1 },
  );
  const stop = new AbortController();
  const calls = [0, 1, 2, 3].map((n) =>
    lambda.invoke('slow', JSON.stringify({ n }), n === 2 ? { signal: stop.signal } : {}),
  );
  stop.abort(new Error('stopped'));
  await expect(calls[2]).rejects.toThrow('stopped');
  await Promise.all([calls[0], calls[1], calls[3]]);
  expect(messages('slow').flatMap((line) => /n=(\d)/.exec(line)?.[1] ?? [])).toEqual(['0', '1', '3']);
});

describe('what goes wrong is told as Lambda tells it', () => {
  test('a thrown error', async () => {
    functions({
      broken:
        "export const handler = async () => { const e = new Error('no such star'); e.name = 'PartitionMissing'; throw e; };",
    });
    const { functionError, payload } = await lambda.invoke('broken', '{}');
    expect(functionError).toBe('Unhandled');
    expect(json(payload)).toMatchObject({
      errorType: 'PartitionMissing',
      errorMessage: 'no such star',
      trace: expect.any(Array),
    });
    expect(messages('broken').at(-1)).toContain('Status: error\tError Type: PartitionMissing');
  });
  test('a timeout, even with a blocked event loop; the next call gets a fresh environment', async () => {
    functions(
      { hang: 'export const handler = async ({ hang }) => { while (hang); return process.pid; };' },
      { timeoutMs: 400 },
    );
    const before = (await lambda.invoke('hang', '{}')).payload;
    const { functionError, payload, requestId } = await lambda.invoke('hang', '{"hang":true}');
    expect([functionError, json(payload)]).toEqual([
      'Unhandled',
      {
        errorType: 'Sandbox.Timedout',
        errorMessage: `RequestId: ${requestId} Error: Task timed out after 0.40 seconds`,
      },
    ]);
    expect(messages('hang').at(-1)).toContain('Status: timeout');
    expect((await lambda.invoke('hang', '{}')).payload).not.toBe(before);
  });
  test('more memory than configured', async () => {
    functions(
      {
        eat: 'const kept = []; export const handler = async () => { for (;;) { kept.push(Buffer.alloc(20_000_000, 1)); await new Promise((r) => setImmediate(r)); } };',
      },
      { memoryMb: 160 },
    );
    const { payload, requestId } = await lambda.invoke('eat', '{}');
    expect(json(payload)).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
    });
    expect(messages('eat').at(-1)).toMatch(
      /Memory Size: 160 MB\tMax Memory Used: 160 MB\t.*Error Type: Runtime.OutOfMemory/,
    );
  });
  test('an exit', async () => {
    functions({ exit: 'export const handler = async () => process.exit(3);' });
    const { payload, requestId } = await lambda.invoke('exit', '{}');
    expect(json(payload)).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: exit status 3`,
    });
  });
  test('a module that does not load, a handler that is not there', async () => {
    functions({
      importless: "import 'nothing-like-this'; export const handler = 1;",
      handlerless: 'export const other = 1;',
    });
    expect(json((await lambda.invoke('importless', '{}')).payload)).toMatchObject({
      errorType: 'Runtime.ImportModuleError',
    });
    expect(json((await lambda.invoke('handlerless', '{}')).payload)).toMatchObject({
      errorType: 'Runtime.HandlerNotFound',
    });
  });
  test('an unknown function', async () => {
    functions({ known: 'export const handler = async () => 1;' });
    await expect(lambda.invoke('unknown', '{}')).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      status: 404,
    });
  });
});

test('environments end with the process that runs them, even when it is killed', async () => {
  functions({ pid: 'export const handler = async () => process.pid;' });
  const program = path.join(dir, 'parent.ts');
  const service = path.resolve(import.meta.dirname, 'service.ts');
  const store = path.resolve(import.meta.dirname, '../logs/store.ts');
  writeFileSync(
    program,
    `import { createLambdaService } from ${JSON.stringify(service)}; import { openLogStore } from ${JSON.stringify(store)};
     const lambda = createLambdaService({ logs: openLogStore(${JSON.stringify(path.join(dir, 'parent-logs'))}), functions: [{ name: 'pid', arn: 'a', bundleDir: ${JSON.stringify(path.join(dir, 'pid'))}, handler: 'index.handler', memoryMb: 512, timeoutMs: 10000, env: {} }] });
     console.log((await lambda.invoke('pid', '{}')).payload);`,
  );
  const parent = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [pid] = await new Promise<string[]>((resolve) =>
    createInterface({ input: parent.stdout }).on('line', (line) => resolve([line])),
  );
  // Where nobody collects orphans, an ended process stays as a zombie.
  const alive = () =>
    /^[^Z]/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim());
  expect(alive()).toBe(true);
  parent.kill('SIGKILL');
  await vi.waitUntil(() => !alive(), { timeout: 90_000 });
});

test.each([
  ['crashRate', 'Runtime.ExitError', /signal: killed/],
  ['hangRate', 'Sandbox.Timedout', /Task timed out after 1.00 seconds/],
  ['oomRate', 'Runtime.ExitError', /signal: killed/],
])('an injected fault (%s) befalls the invocation as it would on Lambda', async (rate, errorType, errorMessage) => {
  const faults = { throttle: {}, lambda: { crashRate: 0, hangRate: 0, oomRate: 0, [rate]: 1 } };
  const settings = { timeoutMs: 1_000, faults };
  functions({ fine: 'export const handler = async () => 1;' }, settings);
  const { functionError, payload } = await lambda.invoke('fine', '{}');
  expect(functionError).toBe('Unhandled');
  expect(json(payload)).toMatchObject({ errorType, errorMessage: expect.stringMatching(errorMessage) });
});

const foreign = spawnSync('python3', ['-c', 'import awslambdaric']).status === 0;

test.skipIf(!foreign)('AWS’s own runtime client works with it (skipped without Python’s awslambdaric)', async () => {
  const bundleDir = path.join(dir, 'python');
  mkdirSync(bundleDir);
  writeFileSync(
    path.join(bundleDir, 'app.py'),
    `def handler(event, context):
    print("seen", event["n"])
    if event["n"] == 0:
        raise ValueError("nothing")
    return {"doubled": event["n"] * 2, "id": context.aws_request_id, "left": context.get_remaining_time_in_millis() > 0}
`,
  );
  const config = {
    name: 'python',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:python',
    bundleDir,
    handler: 'app.handler',
    memoryMb: 512,
    timeoutMs: 30_000,
    env: {},
    command: ['python3', '-m', 'awslambdaric', 'app.handler'] as [string, ...string[]],
  };
  lambda = createLambdaService({ functions: [config], logs });
  const first = await lambda.invoke('python', '{"n":21}');
  expect(json(first.payload)).toEqual({ doubled: 42, id: first.requestId, left: true });
  const failed = await lambda.invoke('python', '{"n":0}');
  expect(failed.functionError).toBe('Unhandled');
  expect(json(failed.payload)).toMatchObject({ errorType: 'ValueError', errorMessage: 'nothing' });
  // One process for both, and what it said is in the log.
  expect(messages('python').filter((line) => line.includes('Init Duration'))).toHaveLength(1);
  expect(messages('python')).toContain('seen 21');
});
