import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { DATA_FILE_EXTENSIONS } from '../../lib/domain/keys.ts';
import type { Plan, WorkItem } from '../../lib/domain/plan.ts';
import type { RunInput } from '../../lib/domain/run-input.ts';
import { Failure } from '../failure.ts';
import { openS3 } from '../s3/client.ts';
import { toFailure } from '../s3/errors.ts';
import { EXECUTION_METADATA, listFolder, readDatasetManifest, requireFreeResultPath, requireModel } from './bucket.ts';
import { chooseFunction } from './function-choice.ts';
import { parseInput, usedScript } from './input.ts';
import { dataFiles, expectedSamples, partitionWarnings, spread } from './partitions.ts';

const s3 = openS3();

/** Lists the partitions, writes one item per job to `items.json` and returns the plan of the run. */
export async function handler(event: unknown): Promise<Plan> {
  const { input, execution, warnings } = parseInput(event);
  const chosen = chooseFunction(input.memory_mb);
  const { bucket, result_path: resultPath, data_bucket: dataBucket, data_prefix: dataPrefix } = input;
  const [listing, dataset, model] = await Promise.all([
    listFolder(s3, dataBucket, dataPrefix),
    readDatasetManifest(s3, dataBucket, dataPrefix),
    requireModel(s3, bucket, input.S3_object_name, usedScript(input)),
    requireFreeResultPath(s3, bucket, resultPath, execution.arn),
  ]);

  const files = dataFiles(dataBucket, listing.objects);
  if (files.length === 0) throw noPartitions(input, listing);
  const used = files.slice(0, input.file_limit);
  const items = spread(used, input.world_size);
  await writeItems(s3, bucket, `${resultPath}/items.json`, items, execution.arn);

  return {
    run: {
      id: input.run_id ?? execution.name,
      execution_arn: execution.arn,
      bucket,
      result_path: resultPath,
      map_prefix: `${resultPath}/map`,
      model,
      batch_size: input.batch_size,
      world_size: items.length,
      data_bucket: dataBucket,
      data_prefix: dataPrefix,
      memory_mb: chosen.memoryMb,
      warnings: [
        ...warnings,
        ...dataset.warnings,
        ...partitionWarnings(files, dataset.manifest),
        ...limitWarnings(input, files.length, used.length),
      ],
    },
    items: { bucket, key: `${resultPath}/items.json` },
    expected: {
      items: items.length,
      partitions: used.length,
      bytes: used.reduce((sum, file) => sum + file.size_bytes, 0),
      samples: expectedSamples(used, dataset.manifest),
    },
    inference_function: chosen.arn,
    max_concurrency: input.max_concurrency ?? 0,
    tolerated_failure_percentage: input.tolerated_failure_percentage ?? 0,
  };
}

function noPartitions(input: RunInput, listing: { objects: unknown[]; folders: string[] }): Failure {
  const where = `s3://${input.data_bucket}/${input.data_prefix}/`;
  const folders = listing.folders.slice(0, 10).map((folder) => folder.replace(/\/$/, ''));
  const there =
    folders.length > 0
      ? `It holds folders; set data_prefix to one of them: ${folders.join(', ')}.`
      : listing.objects.length > 0
        ? `Its ${listing.objects.length} objects are of no known format (${DATA_FILE_EXTENSIONS.map((each) => `.${each}`).join(', ')}).`
        : 'Check data_bucket and data_prefix.';
  return new Failure('NoPartitions', `No data files under ${where} ${there}`);
}

function limitWarnings(input: RunInput, found: number, used: number): string[] {
  const warnings: string[] = [];
  if (input.file_limit !== undefined && input.file_limit > found) {
    warnings.push(`file_limit is ${input.file_limit}, but there are only ${found} files.`);
  }
  if (input.world_size !== undefined && input.world_size > used) {
    warnings.push(`world_size is ${input.world_size}, but ${used} files give work to ${used} workers only.`);
  }
  return warnings;
}

/** One item per line, so that a reader can go through it without holding all of it. */
async function writeItems(s3: S3Client, bucket: string, key: string, items: WorkItem[], executionArn: string) {
  const put = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: `[\n${items.map((item) => JSON.stringify(item)).join(',\n')}\n]`,
    ContentType: 'application/json',
    Metadata: { [EXECUTION_METADATA]: executionArn },
  });
  await s3.send(put).catch((error: unknown) => {
    throw toFailure(error, `Writing s3://${bucket}/${key}`);
  });
}
