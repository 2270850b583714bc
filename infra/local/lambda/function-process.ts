import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { frameReader, type LogFrame } from './log-frames.ts';

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

const BOOTSTRAP = path.join(import.meta.dirname, 'bootstrap.mjs');

/**
 * Starts the process of an execution environment with the variables that Lambda gives one.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 * @param api where its Runtime API is
 * @param onFrame what it says through the telemetry pipe
 * @param onLine what native code or a crash writes past the console, a line each
 */
export function startFunctionProcess(
  config: FunctionConfig,
  api: string,
  log: { group: string; stream: string },
  onFrame: (frame: LogFrame) => void,
  onLine: (line: string) => void,
): ChildProcess {
  const [program, ...args] = config.command ?? [
    process.execPath,
    `--max-old-space-size=${Math.floor(config.memoryMb * 0.9)}`,
    BOOTSTRAP,
  ];
  const child = spawn(program, args, {
    cwd: config.bundleDir,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      LANG: 'C.UTF-8',
      TZ: ':UTC',
      ...config.env,
      AWS_LAMBDA_RUNTIME_API: api,
      AWS_LAMBDA_FUNCTION_NAME: config.name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memoryMb),
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_LOG_GROUP_NAME: log.group,
      AWS_LAMBDA_LOG_STREAM_NAME: log.stream,
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      LAMBDA_TASK_ROOT: config.bundleDir,
      _HANDLER: config.handler,
      _LAMBDA_TELEMETRY_LOG_FD: '3',
    } as unknown as NodeJS.ProcessEnv,
  });
  child.stdin?.on('error', () => undefined);
  (child.stdio[3] as Readable).on('data', frameReader(onFrame));
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      for (const each of text.trimEnd().split('\n')) onLine(each);
    });
  }
  return child;
}
