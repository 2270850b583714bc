import { PutObjectCommand } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { plan, type RunContext } from '../../lib/domain/plan.ts';
import type { RunSummary } from '../../lib/domain/run-summary.ts';
import { openS3 } from '../s3/client.ts';
import { toFailure } from '../s3/errors.ts';
import { samplesWarning } from './completeness.ts';
import { readFailedItems } from './failed-items.ts';
import { explainFailure, nameFailures } from './failure-text.ts';
import { joinResults } from './join.ts';
import { listResults } from './listing.ts';
import { openSignedGet, type SignedGet } from './signed-get.ts';

const { run, expected, items } = plan.shape;
const failure = z.object({ Error: z.string(), Cause: z.string().default('') }).optional();
const summarizeEvent = z.object({ run, expected, items, failure });

const s3 = openS3();
/** The bucket's connections stay open for the next run. */
let connected: { bucket: string; get: SignedGet } | undefined;

/**
 * Joins what the items have written: `combined_data.json`, `predictions.csv`, `predictions.parquet`, and last
 * `summary.json` with the completeness report. After a failed map it joins what is there and says which files failed.
 */
export async function handler(event: unknown) {
  const { run, expected, items, failure } = summarizeEvent.parse(event);
  if (connected?.bucket !== run.bucket)
    connected = { bucket: run.bucket, get: await openSignedGet(s3, run.bucket, 64) };
  const { get } = connected;
  const listing = await listResults(s3, run, expected.items);

  const joined = await joinResults(s3, get, run, items, listing);

  const completeness = joined.completeness.report(expected);
  const isDone = (rank: number) => joined.foundRanks[rank] === 1;
  const failed = completeness.complete ? [] : await readFailedItems(get, listing.failedFiles, isDone);
  const summary: RunSummary = {
    run_id: run.id,
    execution_arn: run.execution_arn,
    result_path: run.result_path,
    completeness,
    warnings: [...run.warnings, ...joined.warnings, ...samplesWarning(completeness), ...nameFailures(failed)],
    predicted: joined.predictions.predicted,
    metrics: joined.predictions.metrics,
    not_a_number: joined.predictions.notANumber,
    files: {
      combined_data: joined.combinedKey,
      predictions_csv: joined.predictions.csvKey,
      predictions_parquet: joined.predictions.parquetKey,
    },
    rows: joined.predictions.rows,
    columns: joined.predictions.columns,
  };
  await writeSummary(run, summary);
  console.log(`${completeness.found.items} of ${expected.items} items, ${summary.rows} rows`);
  return {
    complete: completeness.complete,
    expected,
    found: completeness.found,
    rows: summary.rows,
    metrics: summary.metrics.map(({ density: _, confusion: __, ...numbers }) => numbers),
    ...(failure && { failure: explainFailure(failure, failed, expected) }),
  };
}

async function writeSummary(run: RunContext, summary: RunSummary): Promise<void> {
  const Key = `${run.result_path}/summary.json`;
  const Body = JSON.stringify(summary);
  const put = new PutObjectCommand({ Bucket: run.bucket, Key, Body, ContentType: 'application/json' });
  await s3.send(put).catch((error: unknown) => {
    throw toFailure(error, `Writing s3://${run.bucket}/${Key}`);
  });
}
