import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { InvocationFault } from '../faults.ts';
import type { LogStore } from '../logs/store.ts';
import { frameReader, type LogFrame } from './log-frames.ts';
import { residentMemory } from './memory.ts';
import { type Report, reportLine } from './report.ts';

export interface FunctionConfig {
  name: string;
  arn: string;
  /** Folder that holds the module. */
  bundleDir: string;
  /** `file.export`, e.g. `index.handler`. */
  handler: string;
  memoryMb: number;
  timeoutMs: number;
  env: Record<string, string>;
  /** Another client of the Runtime API instead of ours, as a container image brings its own: program and arguments. */
  command?: [string, ...string[]];
}

export interface Job {
  requestId: string;
  payload: string;
  /** Injected: what befalls the process once it has the event. */
  fault?: InvocationFault | undefined;
}

/** How an invocation ended: its payload, and `Unhandled` where it is an error. */
export interface Outcome {
  payload: string;
  functionError?: 'Unhandled';
  /** Last lines of the log, for LogType Tail. */
  log: string[];
}

export interface Environment {
  readonly config: FunctionConfig;
  /** When it last became idle, ms of performance.now(). */
  idleSince: number;
  run(job: Job): Promise<Outcome>;
  kill(): Promise<void>;
}

interface Running {
  job: Job;
  startedAt: number;
  log: string[];
  finish(outcome: Omit<Outcome, 'log'>, report: Pick<Report, 'status' | 'errorType'>): void;
}

/** The init phase may take this long before the invocation's own time limit begins, ms: Lambda's figure. */
const INIT_LIMIT_MS = 10_000;
const MEMORY_SAMPLE_MS = 50;
/** Largest response, bytes: Lambda's synchronous limit. */
const MAX_RESPONSE_BYTES = 6 * 2 ** 20;
/** How long lines of a foreign runtime, which sends no END frame, are waited for after its response, ms. */
const FOREIGN_LOG_GRACE_MS = 20;
const BOOTSTRAP = path.join(import.meta.dirname, 'bootstrap.mjs');

/**
 * Starts one execution environment: a child process and, on a port of its own, the Runtime API it asks for work. The
 * parent alone keeps time and memory: ONNX Runtime blocks the child's event loop.
 * @param onGone called once when the process has ended, for whatever reason.
 */
export async function startEnvironment(
  config: FunctionConfig,
  logs: LogStore,
  onGone: () => void,
): Promise<Environment> {
  const logGroup = `/aws/lambda/${config.name}`;
  const logStream = `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`;
  logs.ensureStream(logGroup, logStream);

  let waitingNext: ServerResponse | undefined;
  let pending: Running | undefined;
  let running: Running | undefined;
  let ready = false;
  let initMs: number | undefined;
  /** The response that has come while the last log lines are still on their way. */
  let answered: (() => void) | undefined;
  let endFrames = false;
  let gone = false;

  const line = (message: string, timestampMs = Date.now()) => {
    running?.log.push(message);
    logs.append(logGroup, logStream, [{ timestampMs, message: `${message}\n` }]);
  };

  const handOver = () => {
    if (!pending || !waitingNext) return;
    running = pending;
    pending = undefined;
    running.startedAt = performance.now();
    const response = waitingNext;
    waitingNext = undefined;
    line(`START RequestId: ${running.job.requestId} Version: $LATEST`);
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': running.job.requestId,
      'lambda-runtime-deadline-ms': String(Date.now() + config.timeoutMs),
      'lambda-runtime-invoked-function-arn': config.arn,
      'lambda-runtime-trace-id': 'Root=1-00000000-000000000000000000000000;Sampled=0',
    });
    response.end(running.job.payload);
  };

  const api = createServer((request, response) => void answer(request, response));
  api.keepAliveTimeout = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = request.url ?? '';
    if (url.endsWith('/runtime/invocation/next')) {
      if (!ready) {
        ready = true;
        initMs = performance.now() - spawnedAt;
      }
      waitingNext = response;
      handOver();
      return;
    }
    const body = await readText(request);
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
    if (url.endsWith('/init/error')) {
      const error = parseError(body);
      line(
        `INIT_REPORT Init Duration: ${(performance.now() - spawnedAt).toFixed(2)} ms\tPhase: init\tStatus: error\tError Type: ${error.errorType}`,
      );
      (running ?? pending)?.finish(
        { payload: JSON.stringify(error), functionError: 'Unhandled' },
        { status: 'error', errorType: error.errorType },
      );
      return;
    }
    const failed = url.endsWith('/error');
    const complete = () => {
      answered = undefined;
      if (failed)
        running?.finish(
          { payload: JSON.stringify(parseError(body)), functionError: 'Unhandled' },
          { status: 'error', errorType: parseError(body).errorType },
        );
      else if (Buffer.byteLength(body) > MAX_RESPONSE_BYTES)
        running?.finish(tooLarge(body), { status: 'error', errorType: 'Function.ResponseSizeTooLarge' });
      else running?.finish({ payload: body }, {});
    };
    answered = complete;
    if (!endFrames) setTimeout(() => answered === complete && complete(), FOREIGN_LOG_GRACE_MS);
    else if (ended === running?.job.requestId) complete();
  };

  let ended: string | undefined;
  const onFrame = (frame: LogFrame) => {
    if (frame.kind === 'line') {
      line(frame.message, frame.timestampMs);
      return;
    }
    endFrames = true;
    ended = frame.requestId;
    answered?.();
  };

  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const spawnedAt = performance.now();
  const [program, ...args] = config.command ?? [
    process.execPath,
    `--max-old-space-size=${Math.floor(config.memoryMb * 0.9)}`,
    BOOTSTRAP,
  ];
  const child: ChildProcess = spawn(program, args, {
    cwd: config.bundleDir,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      LANG: 'C.UTF-8',
      TZ: ':UTC',
      ...config.env,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(api.address() as AddressInfo).port}`,
      AWS_LAMBDA_FUNCTION_NAME: config.name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memoryMb),
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
      AWS_LAMBDA_LOG_STREAM_NAME: logStream,
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      LAMBDA_TASK_ROOT: config.bundleDir,
      _HANDLER: config.handler,
      _LAMBDA_TELEMETRY_LOG_FD: '3',
    } as unknown as NodeJS.ProcessEnv,
  });
  child.stdin?.on('error', () => undefined);
  (child.stdio[3] as Readable).on('data', frameReader(onFrame));
  // What native code or a crash writes past console: one event a line.
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      for (const each of text.trimEnd().split('\n')) line(each);
    });
  }
  child.once('close', (code, signal) => {
    gone = true;
    const current = running ?? pending;
    if (current) {
      const errorMessage = `RequestId: ${current.job.requestId} Error: Runtime exited ${signal ? `with error: signal: ${signal === 'SIGKILL' ? 'killed' : signal}` : code === 0 ? 'without providing a reason' : `with error: exit status ${code}`}`;
      line(errorMessage);
      current.finish(
        { payload: JSON.stringify({ errorType: 'Runtime.ExitError', errorMessage }), functionError: 'Unhandled' },
        { status: 'error', errorType: 'Runtime.ExitError' },
      );
    }
    api.close();
    api.closeAllConnections();
    onGone();
  });

  const run = (job: Job): Promise<Outcome> =>
    new Promise((resolve) => {
      const cold = !ready;
      const log: string[] = [];
      const limit = setTimeout(() => overTime(), config.timeoutMs + (cold ? INIT_LIMIT_MS : 0));
      const sampler = setInterval(() => checkMemory(), MEMORY_SAMPLE_MS);
      let settled = false;
      let maxMemoryMb = 0;
      const current: Running = {
        job,
        startedAt: performance.now(),
        log,
        finish(outcome, verdict) {
          if (settled) return;
          const peakMb = Math.max(maxMemoryMb, residentMemory(child.pid ?? 0)?.peakMb ?? 0);
          if (!verdict.errorType && peakMb > config.memoryMb) {
            // Between two samples it was over the limit: Lambda would have killed it there.
            outOfMemory();
            return;
          }
          settled = true;
          clearTimeout(limit);
          clearInterval(sampler);
          const durationMs = performance.now() - (running === current ? current.startedAt : spawnedAt);
          running = current;
          line(`END RequestId: ${job.requestId}`);
          const maxMemoryUsedMb = Math.min(config.memoryMb, Math.ceil(peakMb));
          const init = cold && initMs !== undefined ? { initMs } : {};
          line(
            reportLine({
              requestId: job.requestId,
              durationMs,
              memorySizeMb: config.memoryMb,
              maxMemoryUsedMb,
              ...init,
              ...verdict,
            }),
          );
          running = undefined;
          pending = undefined;
          resolve({ ...outcome, log });
        },
      };
      const overTime = () => {
        const seconds = (config.timeoutMs / 1000).toFixed(2);
        const errorMessage = `RequestId: ${job.requestId} Error: Task timed out after ${seconds} seconds`;
        line(`${new Date().toISOString()} ${job.requestId} Task timed out after ${seconds} seconds`);
        current.finish(
          { payload: JSON.stringify({ errorType: 'Sandbox.Timedout', errorMessage }), functionError: 'Unhandled' },
          { status: 'timeout' },
        );
        child.kill('SIGKILL');
      };
      const outOfMemory = () => {
        const errorMessage = `RequestId: ${job.requestId} Error: Runtime exited with error: signal: killed`;
        child.kill('SIGKILL');
        current.finish(
          { payload: JSON.stringify({ errorType: 'Runtime.ExitError', errorMessage }), functionError: 'Unhandled' },
          { status: 'error', errorType: 'Runtime.OutOfMemory' },
        );
      };
      const checkMemory = () => {
        const memory = residentMemory(child.pid ?? 0);
        maxMemoryMb = Math.max(maxMemoryMb, memory?.peakMb ?? 0);
        if (memory && memory.nowMb > config.memoryMb) outOfMemory();
      };
      pending = current;
      if (gone)
        current.finish(
          {
            payload: JSON.stringify({
              errorType: 'Runtime.ExitError',
              errorMessage: `RequestId: ${job.requestId} Error: Runtime exited`,
            }),
            functionError: 'Unhandled',
          },
          { status: 'error', errorType: 'Runtime.ExitError' },
        );
      else handOver();
      if (job.fault === 'crash') child.kill('SIGKILL');
      else if (job.fault === 'hang') child.kill('SIGSTOP');
      else if (job.fault === 'oom') outOfMemory();
    });

  return {
    config,
    idleSince: performance.now(),
    run,
    async kill() {
      if (gone) return;
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await closed;
    },
  };
}

/** Keeps what Lambda passes on of an error; a foreign runtime may say `stackTrace`. */
function parseError(body: string): { errorType: string; errorMessage: string; trace?: string[] } {
  try {
    const error = JSON.parse(body) as {
      errorType?: string;
      errorMessage?: string;
      trace?: string[];
      stackTrace?: string[];
    };
    const trace = error.trace ?? error.stackTrace;
    return {
      errorType: error.errorType ?? 'Error',
      errorMessage: error.errorMessage ?? '',
      ...(trace ? { trace } : {}),
    };
  } catch {
    return { errorType: 'Runtime.Unknown', errorMessage: body.slice(0, 1000) };
  }
}

function tooLarge(body: string): Omit<Outcome, 'log'> {
  const errorMessage = `Response payload size (${Buffer.byteLength(body)} bytes) exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
  return {
    payload: JSON.stringify({ errorType: 'Function.ResponseSizeTooLarge', errorMessage }),
    functionError: 'Unhandled',
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
