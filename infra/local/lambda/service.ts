import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { AwsError } from '../aws-error.ts';
import { type Faults, invocationFault } from '../faults.ts';
import type { LogStore } from '../logs/store.ts';
import { type Environment, type Outcome, startEnvironment } from './environment.ts';
import type { FunctionConfig } from './function-process.ts';

export type { FunctionConfig } from './function-process.ts';

export interface InvokeResult {
  statusCode: 200;
  executedVersion: '$LATEST';
  functionError?: 'Unhandled';
  logTailBase64?: string;
  payload: string;
  requestId: string;
}

export type LambdaService = ReturnType<typeof createLambdaService>;

/** Idle environments kept beyond the busy ones, so that the functions of one run do not evict each other. */
const IDLE_ENVIRONMENTS = 6;
/** An environment idle for longer is stopped, ms. */
const IDLE_LIMIT_MS = 10 * 60_000;
/** Lambda's LogType Tail gives the last 4 KB. */
const TAIL_BYTES = 4096;

interface Waiting {
  config: FunctionConfig;
  payload: string;
  requestId: string;
  settle(outcome: Outcome): void;
  fail(error: unknown): void;
}

/**
 * Lambda on this machine: at most `concurrency` environments work at a time (default: one a core), further calls wait
 * in order of arrival; an environment that has answered stays warm for the next call of its function.
 */
export function createLambdaService({
  functions,
  logs,
  concurrency = availableParallelism(),
  faults = { throttle: {} },
}: {
  functions: FunctionConfig[];
  logs: LogStore;
  concurrency?: number;
  faults?: Faults;
}) {
  const byName = new Map(functions.map((config) => [config.name, config]));
  for (const config of functions) logs.ensureGroup(`/aws/lambda/${config.name}`);
  const idle = new Set<Environment>();
  const alive = new Set<Environment>();
  const queue: Waiting[] = [];
  let busy = 0;
  let closed = false;

  const requireFunction = (nameOrArn: string): FunctionConfig => {
    const name = nameOrArn.startsWith('arn:') ? (nameOrArn.split(':')[6] ?? '') : (nameOrArn.split(':')[0] ?? '');
    const config = byName.get(name);
    if (!config)
      throw new AwsError(
        'ResourceNotFoundException',
        `Function not found: arn:aws:lambda:us-east-1:000000000000:function:${name}`,
        404,
      );
    return config;
  };

  const pump = () => {
    while (busy < concurrency && queue.length > 0) {
      const waiting = queue.shift() as Waiting;
      busy += 1;
      void work(waiting).finally(() => {
        busy -= 1;
        pump();
      });
    }
  };

  const work = async (waiting: Waiting) => {
    try {
      const environment = take(waiting.config) ?? (await start(waiting.config));
      const fault = invocationFault(faults, Math.random);
      waiting.settle(await environment.run({ ...waiting, fault }));
      if (alive.has(environment) && !closed) {
        environment.idleSince = performance.now();
        idle.add(environment);
        await trim();
      }
    } catch (error) {
      waiting.fail(error);
    }
  };

  /** The environment used last is the warmest. */
  const take = (config: FunctionConfig): Environment | undefined => {
    const warm = [...idle].filter((environment) => environment.config === config && alive.has(environment)).at(-1);
    if (warm) idle.delete(warm);
    return warm;
  };

  const start = async (config: FunctionConfig): Promise<Environment> => {
    const environment: Environment = await startEnvironment(config, logs, () => {
      alive.delete(environment);
      idle.delete(environment);
    });
    alive.add(environment);
    return environment;
  };

  /** Stops the environments that have been idle longest, where there are too many or they are too old. */
  const trim = async () => {
    const oldest = [...idle].sort((a, b) => a.idleSince - b.idleSince);
    const surplus = oldest.slice(0, Math.max(0, idle.size - IDLE_ENVIRONMENTS));
    const expired = oldest.filter((environment) => performance.now() - environment.idleSince > IDLE_LIMIT_MS);
    for (const environment of new Set([...surplus, ...expired])) {
      idle.delete(environment);
      await environment.kill();
    }
  };
  const sweeper = setInterval(() => void trim(), 60_000);
  sweeper.unref();

  return {
    /**
     * @param signal takes a waiting call out of the queue; a call that runs is left to end, as Lambda does, unseen.
     * @throws AwsError ResourceNotFoundException; what goes wrong inside the function is in the result.
     */
    invoke(
      nameOrArn: string,
      payload: string,
      options: { logTail?: boolean; signal?: AbortSignal } = {},
    ): Promise<InvokeResult> {
      return new Promise((resolve, reject) => {
        const config = requireFunction(nameOrArn);
        const requestId = randomUUID();
        const { signal, logTail } = options;
        const leave = () => {
          const place = queue.indexOf(waiting);
          if (place >= 0) queue.splice(place, 1);
          reject(signal?.reason);
        };
        const waiting: Waiting = {
          config,
          payload,
          requestId,
          settle({ payload: answer, functionError, log }) {
            // One signal serves all calls of a map run: listeners left behind would slow each next one.
            signal?.removeEventListener('abort', leave);
            resolve({
              statusCode: 200,
              executedVersion: '$LATEST',
              payload: answer,
              requestId,
              ...(functionError ? { functionError } : {}),
              ...(logTail ? { logTailBase64: tail(log) } : {}),
            });
          },
          fail: reject,
        };
        signal?.throwIfAborted();
        signal?.addEventListener('abort', leave);
        queue.push(waiting);
        pump();
      });
    },

    getFunction: requireFunction,
    listFunctions: (): FunctionConfig[] => [...byName.values()],
    concurrency,

    async close(): Promise<void> {
      closed = true;
      clearInterval(sweeper);
      queue.length = 0;
      await Promise.all([...alive].map((environment) => environment.kill()));
    },
  };
}

function tail(log: string[]): string {
  const bytes = Buffer.from(log.map((line) => `${line}\n`).join(''));
  return bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES)).toString('base64');
}
