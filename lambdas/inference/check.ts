import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { type ModelCheckRequest, modelCheckRequest } from '../../lib/domain/model-check.ts';
import type { PartitionRef } from '../../lib/domain/plan.ts';
import { accountOf, openS3 } from '../s3/client.ts';
import { openDownloads } from '../s3/objects.ts';
import { plainObjects } from '../s3/plain-objects.ts';
import { openRequestMeter } from '../s3/request-meter.ts';
import { sdkObjects } from '../s3/sdk-objects.ts';
import { checkPackage } from './check-package.ts';
import { downloadFile, modelFilesIn } from './local-files.ts';
import { modelFilesInS3 } from './model-files.ts';
import { startModelThreads } from './model-threads.ts';

// Runs a model package on one partition with the code of the inference function, in a process of its own, and prints
// what does not fit as one JSON line (lib/domain/model-check.ts):
//   node lambdas/inference/check.ts '{"model": {"folder": "…"}, "partition": {"file": "…"}, "batchSize": 64}'

// The last line of stdout is the answer, on a line of its own; what a script of the package logs goes elsewhere.
console.log = console.error;
console.info = console.error;
console.debug = console.error;

const request = modelCheckRequest.parse(JSON.parse(process.argv[2] ?? 'null'));
const threadsUsed = availableParallelism();
const threads = startModelThreads(threadsUsed);
const s3 = openS3();
const objects = plainObjects(accountOf(s3), openRequestMeter(), async () => sdkObjects(s3));
const check = await checkPackage(
  {
    files: 'folder' in request.model ? modelFilesIn(request.model.folder) : modelFilesInS3(objects),
    startDownload: request.partition && 'file' in request.partition ? downloadFile : openDownloads(objects),
    threads,
    threadsUsed,
  },
  'folder' in request.model ? { bucket: '', prefix: path.basename(path.resolve(request.model.folder)) } : request.model,
  await partitionOf(request.partition),
  request.batchSize,
);
await threads.close();
process.stdout.write(`\n${JSON.stringify(check)}\n`, () => process.exit(0));

async function partitionOf(partition: ModelCheckRequest['partition']): Promise<PartitionRef | null> {
  if (!partition) return null;
  if ('file' in partition) {
    return { bucket: '', key: partition.file, size_bytes: (await stat(partition.file)).size, etag: '' };
  }
  const { ContentLength = 0, ETag = '' } = await s3.send(
    new HeadObjectCommand({ Bucket: partition.bucket, Key: partition.key }),
  );
  return { ...partition, size_bytes: ContentLength, etag: ETag };
}
