import { parquetMetadata } from 'hyparquet';
import * as z from 'zod';
import { executionInfo } from '../domain/execution-info.ts';
import type { RunRow } from '../domain/run.ts';
import { openResult } from '../server/results.ts';

/**
 * Reads the combined files of a COMPLETE run back and counts them again.
 * @returns what does not add up, one sentence each; empty when all is well.
 */
export async function readBack(run: RunRow): Promise<string[]> {
  const records = z
    .array(executionInfo)
    .parse(JSON.parse(new TextDecoder().decode(await bytesOf(run.id, 'combined_data.json'))));
  const csv = new TextDecoder().decode(await bytesOf(run.id, 'predictions.csv'));
  const parquet = await bytesOf(run.id, 'predictions.parquet');
  const samples = records.reduce((sum, record) => sum + (record.samples ?? 0), 0);
  const csvRows = csv.trimEnd().split('\n').length - 1;
  const parquetRows = Number(
    parquetMetadata(parquet.buffer.slice(parquet.byteOffset, parquet.byteOffset + parquet.byteLength) as ArrayBuffer)
      .num_rows,
  );
  const checks: [boolean, string][] = [
    [
      records.length === run.counts.total,
      `combined_data.json has ${records.length} records for ${run.counts.total} items`,
    ],
    [samples > 0 && csvRows === samples, `predictions.csv has ${csvRows} rows for ${samples} samples`],
    [parquetRows === samples, `predictions.parquet has ${parquetRows} rows for ${samples} samples`],
  ];
  return checks.filter(([holds]) => !holds).map(([, sentence]) => `${run.id}: ${sentence}`);
}

async function bytesOf(
  runId: string,
  file: 'combined_data.json' | 'predictions.csv' | 'predictions.parquet',
): Promise<Uint8Array> {
  const result = await openResult(runId, file);
  if (!result) throw new Error(`run ${runId} has no ${file}`);
  return new Uint8Array(await new Response(result.body).arrayBuffer());
}
