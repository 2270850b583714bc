import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { requireModel } from '../lambdas/initialize/bucket.ts';
import { type ExecutionInfo, executionInfo } from '../lib/domain/execution-info.ts';
import type { LocalRuntime } from './local-runtime.ts';

/** Runs a command of the CLI against the runtime. */
export async function starmap(runtime: LocalRuntime, ...args: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, ['lib/cli/main.ts', ...args], {
    env: { ...process.env, STARMAP_HOME: runtime.home },
  });
}

/**
 * Invokes the inference function on one partition, as the state machine would.
 * @returns wall time as the caller sees it, and what the function wrote about itself.
 */
export async function infer(
  runtime: LocalRuntime,
  job: { model: string; partition: string; batchSize: number; memoryMb: number },
): Promise<{ invokeMs: number; info: ExecutionInfo; resultPath: string }> {
  const s3 = new S3Client({ ...runtime.client, forcePathStyle: true });
  const lambda = new LambdaClient(runtime.client);
  const at = { Bucket: 'starmap', Key: job.partition };
  const { ContentLength, ETag } = await s3.send(new HeadObjectCommand(at));
  const resultPath = `results/invoked/${job.memoryMb}-${job.batchSize}-${Date.now()}`;
  const event = {
    rank: 0,
    partitions: [{ bucket: at.Bucket, key: at.Key, size_bytes: ContentLength, etag: ETag }],
    run: {
      id: 'invoked',
      execution_arn: 'arn:aws:states:us-east-1:000000000000:execution:bench:invoked',
      bucket: 'starmap',
      result_path: resultPath,
      map_prefix: `${resultPath}/map`,
      // As Initialize plans it.
      model: await requireModel(s3, 'starmap', job.model, undefined),
      batch_size: job.batchSize,
      world_size: 1,
      data_bucket: 'starmap',
      data_prefix: job.partition.slice(0, job.partition.lastIndexOf('/')),
      memory_mb: job.memoryMb,
      warnings: [],
    },
  };
  const startedAt = performance.now();
  const answer = await lambda.send(
    new InvokeCommand({
      FunctionName: runtime.connection.functions.inference[String(job.memoryMb)],
      Payload: JSON.stringify(event),
    }),
  );
  const invokeMs = performance.now() - startedAt;
  if (answer.FunctionError) throw new Error(`the invocation failed: ${answer.Payload?.transformToString()}`);
  const object = await s3.send(new GetObjectCommand({ Bucket: 'starmap', Key: `${resultPath}/0.json` }));
  return {
    invokeMs,
    info: executionInfo.parse(JSON.parse((await object.Body?.transformToString()) ?? '')),
    resultPath,
  };
}
