import path from 'node:path';
import { Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';

import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  DockerImageFunction,
  type FunctionOptions,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { DeployOptions } from '../../lib/domain/deploy-options.ts';
import { inferenceImage } from './container.ts';
import { type Grant, grant } from './grant.ts';
import { functionName, inferencePart, logGroupName } from './names.ts';
import type { Permissions } from './permissions.ts';

/** Lambda's most. The states that call the functions give up at 900 s too. */
const TIMEOUT = Duration.minutes(15);
/** Initialize and Summarize list, read and write; they need little. */
const LIGHT_MEMORY_MB = 1024;

export interface Functions {
  initialize: LambdaFunction;
  summarize: LambdaFunction;
  /** By memory size, ascending. */
  inference: { memoryMb: number; fn: LambdaFunction }[];
}

/**
 * Initialize and Summarize as zip files of the bundles that `lambdas/build.mjs` makes, inference as a container image
 * in as many functions as there are memory sizes. None uses more of /tmp than the 512 MB that cost nothing.
 * @param bundles the folder of the bundles, `dist/lambdas`.
 */
export function makeFunctions(
  stack: Stack,
  options: DeployOptions,
  permissions: Permissions,
  bundles: string,
): Functions {
  const architecture = options.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64;

  const common = (part: string, grants: Grant[]) => {
    const name = functionName(options, part);
    const id = idOf(part);
    // Made before the function, so that it has its retention from the first line on, and the role need not make it.
    const logGroup = new LogGroup(stack, `${id}Logs`, {
      logGroupName: logGroupName(name),
      retention: options.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(stack, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    grant(role, [
      ...grants,
      { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
    ]);
    return { functionName: name, architecture, timeout: TIMEOUT, logGroup, role } satisfies FunctionOptions;
  };
  const bundled = (part: 'initialize' | 'summarize', description: string, environment: Record<string, string>) =>
    new LambdaFunction(stack, idOf(part), {
      ...common(part, permissions[part]),
      description,
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromAsset(path.join(bundles, part), { exclude: ['*.map'] }),
      memorySize: LIGHT_MEMORY_MB,
      environment,
    });

  const inference = options.memoriesMb.map((memoryMb) => ({
    memoryMb,
    fn: new DockerImageFunction(stack, idOf(inferencePart(memoryMb)), {
      ...common(inferencePart(memoryMb), permissions.inference),
      description: `Starmap: runs the model over the partitions of one item, ${memoryMb} MB`,
      code: inferenceImage(options),
      memorySize: memoryMb,
      environment: LEAN_MEMORY,
    }),
  }));
  const arns = Object.fromEntries(inference.map(({ memoryMb, fn }) => [memoryMb, fn.functionArn]));
  return {
    inference,
    initialize: bundled('initialize', 'Starmap: lists the partitions and plans the run', {
      INFERENCE_FUNCTIONS: stack.toJsonString(arns),
      DEFAULT_MEMORY_MB: String(options.defaultMemoryMb),
    }),
    // Summarize streams: a small young generation keeps its memory flat, at no cost in time.
    summarize: bundled('summarize', 'Starmap: joins the results of a run', {
      NODE_OPTIONS: '--max-semi-space-size=8',
    }),
  };
}

/**
 * The model's memory and its share of the processor are what counts in an inference function. Node's young generation
 * and malloc's arenas per thread would keep 30 MB more, at no gain in time, and what malloc keeps of larger pieces for
 * their next use 5 to 9 MB; V8's four helpers would work on garbage and compiled code at the same time as the threads of
 * the model, which slows a cold start. Memory in pages of 2 MB is what a virtual machine looks up in a fraction of the
 * time (published size: 3 to 10 % more samples/s); glibc before 2.35, as Lambda's is, leaves it at that. The local runtime
 * sets the same.
 */
const LEAN_MEMORY = {
  NODE_OPTIONS: '--max-semi-space-size=1 --v8-pool-size=1',
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '131072',
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
};

/** `inference-2048` → `Inference2048`. */
const idOf = (part: string) => `${part.charAt(0).toUpperCase()}${part.slice(1).replace('-', '')}`;
