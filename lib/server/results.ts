import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { AsyncBuffer } from 'hyparquet';
import { maybeGetObject, maybeHeadObject, maybeReadText, readObject } from '../aws/objects.ts';
import { findRun, findRunPage, findRunsById } from '../db/runs.ts';
import { type ExecutionInfo, executionInfo } from '../domain/execution-info.ts';
import { readJsonArray } from '../domain/json-array.ts';
import { type CombinedFile, combinedKey, summaryKey } from '../domain/keys.ts';
import type { PredictionStatistics } from '../domain/prediction-statistics.ts';
import type { RunDetail } from '../domain/run.ts';
import { runSummary } from '../domain/run-summary.ts';
import { toRunsCsv } from '../domain/runs-csv.ts';
import { runsQuery } from '../domain/runs-query.ts';
import { BackendError } from '../env.ts';
import { elsewhere } from './elsewhere.ts';
import { type PredictionsPreview, previewPredictions } from './preview-predictions.ts';

const PREVIEW_RECORDS = 50;

export interface ResultPreview {
  records: ExecutionInfo[];
  total: number;
  predictions: PredictionsPreview | null;
}

/** The first 50 records and predictions of a run; null where it has no combined result. */
export async function resultPreview(runId: string): Promise<ResultPreview | null> {
  const run = await findRun(runId);
  refuseElsewhere(run);
  const object = run && (await maybeGetObject(run.resultBucket, combinedKey(run.resultPath, 'combined_data.json')));
  if (!run || !object) return null;
  const records: ExecutionInfo[] = [];
  let total = 0;
  for await (const record of readJsonArray(object.body)) {
    total++;
    if (records.length < PREVIEW_RECORDS) records.push(executionInfo.parse(record));
    // The report knows how many there are; without one they are counted.
    else if (run.report) break;
  }
  return { records, total: run.report?.found.items ?? total, predictions: await predictionsOf(run) };
}

/** What the predictions of a run are like, worked out by Summarize; null where it has written no summary. */
export async function predictionStatistics(runId: string): Promise<PredictionStatistics | null> {
  const run = await findRun(runId);
  const text = run && (await maybeReadText(run.resultBucket, summaryKey(run.resultPath)));
  if (!text) return null;
  const { rows, predicted = [], metrics, not_a_number: notANumber } = runSummary.parse(JSON.parse(text));
  return { rows, predicted, metrics, notANumber: notANumber ?? null };
}

/** A combined file of a run as a download. */
export interface ResultFile {
  sizeBytes: number;
  contentType: string;
  fileName: string;
}

/** What a combined file is like; null where there is none. */
export async function describeResult(runId: string, kind: CombinedFile): Promise<ResultFile | null> {
  const run = await findRun(runId);
  refuseElsewhere(run);
  const head = run && (await maybeHeadObject(run.resultBucket, combinedKey(run.resultPath, kind)));
  return head ? toResultFile(runId, kind, head) : null;
}

/** The same with its content as a stream. */
export async function openResult(
  runId: string,
  kind: CombinedFile,
): Promise<(ResultFile & { body: ReadableStream<Uint8Array> }) | null> {
  const run = await findRun(runId);
  refuseElsewhere(run);
  const object = run && (await maybeGetObject(run.resultBucket, combinedKey(run.resultPath, kind)));
  if (!object) return null;
  const body = Readable.toWeb(object.body) as NodeReadableStream<Uint8Array> as ReadableStream<Uint8Array>;
  return { ...toResultFile(runId, kind, object), body };
}

const toResultFile = (runId: string, kind: CombinedFile, { sizeBytes }: { sizeBytes: number }): ResultFile => ({
  sizeBytes,
  contentType: contentTypes[kind],
  fileName: `${runId}-${kind}`,
});

/** Results that lie elsewhere are not missing. */
function refuseElsewhere(run: RunDetail | null): void {
  const away = run && elsewhere(run);
  if (away) throw new BackendError('Elsewhere', away);
}

/** A table with one row per run, units in the column names; of all runs where no ids are given. */
export async function runsCsv(ids: string[] | null): Promise<string> {
  return toRunsCsv(ids ? await findRunsById(ids) : await allRuns());
}

const contentTypes: Record<CombinedFile, string> = {
  'combined_data.json': 'application/json',
  'predictions.csv': 'text/csv; charset=utf-8',
  'predictions.parquet': 'application/vnd.apache.parquet',
};

async function allRuns(): Promise<RunDetail[]> {
  const runs: RunDetail[] = [];
  for (let page = 1; ; page++) {
    const { rows, total } = await findRunPage(
      runsQuery.parse({ page, pageSize: 500, sort: 'createdAt', order: 'asc' }),
    );
    runs.push(...(await findRunsById(rows.map(({ id }) => id))));
    if (rows.length === 0 || page * 500 >= total) return runs;
  }
}

async function predictionsOf({ resultBucket, resultPath }: RunDetail): Promise<ResultPreview['predictions']> {
  const key = combinedKey(resultPath, 'predictions.parquet');
  const head = await maybeHeadObject(resultBucket, key);
  if (!head) return null;
  return previewPredictions(rangesOf(resultBucket, key, head.sizeBytes));
}

/** Reads a file by ranges of bytes: a preview fetches the footer and the first pages only. */
function rangesOf(bucket: string, key: string, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    async slice(start, end = byteLength) {
      const bytes = await readObject(bucket, key, { start, end: end - 1 });
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    },
  };
}
