import { randomBytes } from 'node:crypto';
import type { InvocationFault } from '../faults.ts';
import type { LogStore } from '../logs/store.ts';
import { type FunctionConfig, startFunctionProcess } from './function-process.ts';
import type { LogFrame } from './log-frames.ts';
import { residentMemory } from './memory.ts';
import { type Answer, failed, parseError, type ReportedError, responseSizeError } from './outcome.ts';
import { type Report, reportLine } from './report.ts';
import { startRuntimeApi } from './runtime-api.ts';

export interface Job {
  requestId: string;
  payload: string;
  /** Injected: what befalls the process once it has the event. */
  fault?: InvocationFault | undefined;
}

/** How an invocation ended. */
export interface Outcome extends Answer {
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
  finish(answer: Answer, report: Pick<Report, 'status' | 'errorType'>): void;
  /** As `finish`, with an error that the REPORT line names, by another name where Lambda does so. */
  fail(error: ReportedError, reported?: string): void;
}

/** The init phase may take this long before the invocation's own time limit begins, ms: Lambda's figure. */
const INIT_LIMIT_MS = 10_000;
const MEMORY_SAMPLE_MS = 50;
/** How long lines of a foreign runtime, which sends no END frame, are waited for after its response, ms. */
const FOREIGN_LOG_GRACE_MS = 20;

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
  const group = `/aws/lambda/${config.name}`;
  const stream = `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`;
  logs.ensureStream(group, stream);

  let pending: Running | undefined;
  let running: Running | undefined;
  let initMs: number | undefined;
  /** The response that has come while the last log lines are still on their way. */
  let answered: (() => void) | undefined;
  let endFrames = false;
  let endedRequest: string | undefined;
  let gone = false;

  const line = (message: string, timestampMs = Date.now()) => {
    running?.log.push(message);
    logs.append(group, stream, [{ timestampMs, message: `${message}\n` }]);
  };

  const handOver = () => {
    if (!pending || !api.isAsked()) return;
    running = pending;
    pending = undefined;
    running.startedAt = performance.now();
    line(`START RequestId: ${running.job.requestId} Version: $LATEST`);
    api.handOut({ ...running.job, arn: config.arn, timeoutMs: config.timeoutMs });
  };

  const api = await startRuntimeApi({
    onNext() {
      initMs ??= performance.now() - spawnedAt;
      handOver();
    },
    onInitError(body) {
      const error = parseError(body);
      const took = (performance.now() - spawnedAt).toFixed(2);
      line(`INIT_REPORT Init Duration: ${took} ms\tPhase: init\tStatus: error\tError Type: ${error.errorType}`);
      (running ?? pending)?.fail(error);
    },
    onAnswer(body, isError) {
      const complete = () => {
        answered = undefined;
        const error = isError ? parseError(body) : responseSizeError(body);
        if (error) running?.fail(error);
        else running?.finish({ payload: body }, {});
      };
      answered = complete;
      if (!endFrames) setTimeout(() => answered === complete && complete(), FOREIGN_LOG_GRACE_MS);
      else if (endedRequest === running?.job.requestId) complete();
    },
  });

  const onFrame = (frame: LogFrame) => {
    if (frame.kind === 'line') {
      line(frame.message, frame.timestampMs);
      return;
    }
    endFrames = true;
    endedRequest = frame.requestId;
    answered?.();
  };

  const spawnedAt = performance.now();
  const child = startFunctionProcess(config, api.address, { group, stream }, onFrame, (text) => line(text));
  child.once('close', (code, signal) => {
    gone = true;
    const current = running ?? pending;
    if (current) {
      const errorMessage = `RequestId: ${current.job.requestId} Error: Runtime exited ${howItEnded(code, signal)}`;
      line(errorMessage);
      current.fail({ errorType: 'Runtime.ExitError', errorMessage });
    }
    api.close();
    onGone();
  });

  const run = (job: Job): Promise<Outcome> =>
    new Promise((resolve) => {
      const cold = initMs === undefined;
      const of = `RequestId: ${job.requestId}`;
      const limit = setTimeout(() => overTime(), config.timeoutMs + (cold ? INIT_LIMIT_MS : 0));
      const sampler = setInterval(() => checkMemory(), MEMORY_SAMPLE_MS);
      let settled = false;
      let maxMemoryMb = 0;
      const current: Running = {
        job,
        startedAt: performance.now(),
        log: [],
        fail: (error, errorType = error.errorType) => current.finish(failed(error), { status: 'error', errorType }),
        finish(answer, verdict) {
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
          line(`END ${of}`);
          const report = {
            requestId: job.requestId,
            durationMs,
            memorySizeMb: config.memoryMb,
            maxMemoryUsedMb: Math.min(config.memoryMb, Math.ceil(peakMb)),
            ...(cold && initMs !== undefined ? { initMs } : {}),
            ...verdict,
          };
          line(reportLine(report));
          running = undefined;
          pending = undefined;
          resolve({ ...answer, log: current.log });
        },
      };
      const overTime = () => {
        const what = `Task timed out after ${(config.timeoutMs / 1000).toFixed(2)} seconds`;
        line(`${new Date().toISOString()} ${job.requestId} ${what}`);
        const error = { errorType: 'Sandbox.Timedout', errorMessage: `${of} Error: ${what}` };
        current.finish(failed(error), { status: 'timeout' });
        child.kill('SIGKILL');
      };
      const outOfMemory = () => {
        child.kill('SIGKILL');
        const errorMessage = `${of} Error: Runtime exited with error: signal: killed`;
        current.fail({ errorType: 'Runtime.ExitError', errorMessage }, 'Runtime.OutOfMemory');
      };
      const checkMemory = () => {
        const memory = residentMemory(child.pid ?? 0);
        maxMemoryMb = Math.max(maxMemoryMb, memory?.peakMb ?? 0);
        if (memory && memory.nowMb > config.memoryMb) outOfMemory();
      };
      pending = current;
      if (gone) current.fail({ errorType: 'Runtime.ExitError', errorMessage: `${of} Error: Runtime exited` });
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

/** The end of a process in Lambda's words. */
function howItEnded(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal) return `with error: signal: ${signal === 'SIGKILL' ? 'killed' : signal}`;
  return code === 0 ? 'without providing a reason' : `with error: exit status ${code}`;
}
