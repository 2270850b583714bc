import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { AwsError } from './aws-error.ts';
import { ACCOUNT_ID, DEFAULT_MEMORY_MB, functionArn, MEMORY_SIZES_MB, REGION, stateMachineArn } from './connection.ts';
import type { Actions } from './http.ts';
import type { FunctionConfig } from './lambda/service.ts';
import type { Credentials } from './sigv4.ts';

const STATE_MACHINE = 'starmap';
const ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/starmap`;
const TIMEOUT_MS = 900_000;
/** Initialize and Summarize list, read and write; they need little. */
const LIGHT_MEMORY_MB = 1024;
/**
 * The model's memory and its share of the processor are what counts in an inference function. Node's young generation
 * and malloc's arenas per thread would keep 30 MB more, at no gain in time, and what malloc keeps of larger pieces for
 * their next use 5 to 9 MB; V8's four helpers would work on garbage and compiled code at the same time as the threads of
 * the model, which slows a cold start. Memory in pages of 2 MB is what a virtual machine looks up in a fraction of the
 * time (published size: 3 to 10 % more samples/s); glibc before 2.35, as Lambda's is, leaves it at that. The CDK stack sets
 * the same.
 */
const LEAN_MEMORY = {
  NODE_OPTIONS: '--max-semi-space-size=1 --v8-pool-size=1',
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '131072',
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
};

/** The functions that the CDK stack makes on AWS, over the bundles in `functionsDir`. */
export function deployedFunctions(
  functionsDir: string,
  endpoint: string,
  credentials: Credentials,
  concurrency: number,
): FunctionConfig[] {
  const env = {
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const config = (name: string, bundle: string, memoryMb: number, more: Record<string, string>): FunctionConfig => ({
    name: `starmap-${name}`,
    arn: functionArn(`starmap-${name}`),
    bundleDir: path.resolve(functionsDir, bundle),
    handler: 'index.handler',
    memoryMb,
    timeoutMs: TIMEOUT_MS,
    env: { ...env, ...more },
  });
  const inferenceFunctions = Object.fromEntries(
    MEMORY_SIZES_MB.map((memoryMb) => [memoryMb, functionArn(`starmap-inference-${memoryMb}`)]),
  );
  const threads = Math.max(1, Math.floor(availableParallelism() / concurrency));
  return [
    config('initialize', 'initialize', LIGHT_MEMORY_MB, {
      INFERENCE_FUNCTIONS: JSON.stringify(inferenceFunctions),
      DEFAULT_MEMORY_MB: String(DEFAULT_MEMORY_MB),
    }),
    // Summarize streams: a small young generation keeps its memory flat, at no cost in time.
    config('summarize', 'summarize', LIGHT_MEMORY_MB, { NODE_OPTIONS: '--max-semi-space-size=8' }),
    ...MEMORY_SIZES_MB.map((memoryMb) =>
      config(`inference-${memoryMb}`, 'inference', memoryMb, { ...LEAN_MEMORY, STARMAP_THREADS: String(threads) }),
    ),
  ];
}

/** Creates the state machine, or brings it up to the definition file. Executions that run keep the one they started with. */
export async function deployStateMachine(states: Actions, definitionFile: string): Promise<void> {
  const placeholder = (name: string) => ['$', '{', name, '}'].join('');
  const definition = readFileSync(definitionFile, 'utf8')
    .replaceAll(placeholder('InitializeFunctionArn'), functionArn('starmap-initialize'))
    .replaceAll(placeholder('SummarizeFunctionArn'), functionArn('starmap-summarize'));
  const arn = stateMachineArn(STATE_MACHINE);
  try {
    await states.UpdateStateMachine?.({ stateMachineArn: arn, definition, roleArn: ROLE });
  } catch (error) {
    if (!(error instanceof AwsError && error.code === 'StateMachineDoesNotExist')) throw error;
    await states.CreateStateMachine?.({ name: STATE_MACHINE, definition, roleArn: ROLE });
  }
}
