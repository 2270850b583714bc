import * as z from 'zod';
import { listChildExecutions } from '../aws/executions.ts';
import { getObject, maybeReadText } from '../aws/objects.ts';
import type { ActiveRun } from '../db/run-columns.ts';
import { readFailure } from '../domain/failure-cause.ts';
import { readJsonArray } from '../domain/json-array.ts';
import { mapRunFolder } from '../domain/keys.ts';
import { findReports, type InvocationReport } from '../domain/report-line.ts';
import type { ItemStatus } from '../domain/run.ts';
import { rankOfInput } from './sync-items.ts';

/** A child execution of the map after its end. */
export interface ChildResult {
  /** null where only ListExecutions told of it. */
  rank: number | null;
  status: ItemStatus;
  startedAt: string | null;
  stoppedAt: string | null;
  requestId: string | null;
  /** Time the item took to write its record, ms. */
  recordMs: number | null;
  error: string | null;
  cause: string | null;
  /** From the log tail in its output. */
  report: InvocationReport | null;
  logTailBytes: number;
}

export interface MapResults {
  children: ChildResult[];
  /** Files that the map's ResultWriter made, for the bill. */
  files: number;
}

/**
 * What became of the children of a run's map: from the files of the ResultWriter, which carry each child's input and
 * output, else (a stopped map may have none) from ListExecutions, which tells states and times only.
 */
export async function readMapResults(run: ActiveRun): Promise<MapResults> {
  if (!run.mapRunArn) return { children: [], files: 0 };
  const folder = mapRunFolder(run.resultPath, run.mapRunArn);
  const text = await maybeReadText(run.resultBucket, `${folder}manifest.json`);
  if (text === undefined) return { children: await listedChildren(run.mapRunArn), files: 0 };
  const { ResultFiles } = manifest.parse(JSON.parse(text));
  const keys = [...ResultFiles.SUCCEEDED, ...ResultFiles.FAILED].map(({ Key }) => Key);
  const children: ChildResult[] = [];
  for (const key of keys) {
    const { body } = await getObject(run.resultBucket, key);
    for await (const element of readJsonArray(body)) children.push(toChild(childRecord.parse(element)));
  }
  // Two manifests: a test file is written at the map's start.
  return { children, files: keys.length + ResultFiles.PENDING.length + 2 };
}

const resultFiles = z.array(z.looseObject({ Key: z.string() })).default([]);
const manifest = z.looseObject({
  ResultFiles: z.looseObject({ SUCCEEDED: resultFiles, FAILED: resultFiles, PENDING: resultFiles }),
});

/** AWS documents these by example only: everything but Status may be absent. */
const childRecord = z.looseObject({
  Status: z.string(),
  Input: z.string().nullish(),
  Output: z.string().nullish(),
  Error: z.string().nullish(),
  Cause: z.string().nullish(),
  StartDate: z.string().nullish(),
  StopDate: z.string().nullish(),
});

/** As the state machine's ResultSelector makes it. */
const childOutput = z.looseObject({
  request_id: z.string().nullish(),
  record_ms: z.number().nullish(),
  log_tail: z.string().nullish(),
});

function toChild(record: z.infer<typeof childRecord>): ChildResult {
  const output = childOutput.safeParse(maybeJson(record.Output)).data ?? {};
  const log = output.log_tail ? Buffer.from(output.log_tail, 'base64').toString('utf8') : '';
  const failed = record.Status !== 'SUCCEEDED';
  const failure = failed ? readFailure(record.Error, record.Cause) : null;
  const requestId = output.request_id ?? failure?.requestId ?? null;
  return {
    rank: rankOfInput(record.Input) ?? null,
    status: toStatus(record.Status),
    startedAt: record.StartDate ?? null,
    stoppedAt: record.StopDate ?? null,
    requestId,
    recordMs: output.record_ms ?? null,
    error: failure?.error ?? null,
    cause: failure?.message ?? null,
    report: findReports(log).findLast((report) => report.requestId === requestId) ?? null,
    logTailBytes: Buffer.byteLength(log),
  };
}

async function listedChildren(mapRunArn: string): Promise<ChildResult[]> {
  const children: ChildResult[] = [];
  for await (const { status, startedAt, stoppedAt } of listChildExecutions(mapRunArn))
    children.push({
      rank: null,
      status: toStatus(status),
      startedAt,
      stoppedAt,
      requestId: null,
      recordMs: null,
      error: null,
      cause: null,
      report: null,
      logTailBytes: 0,
    });
  return children;
}

function toStatus(word: string): ItemStatus {
  const known: ItemStatus[] = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];
  return known.find((status) => status === word) ?? 'ABORTED';
}

function maybeJson(text: string | null | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
