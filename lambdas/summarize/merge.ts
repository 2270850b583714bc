import { setImmediate } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import type { AsyncBuffer } from 'hyparquet';
import type { RunContext } from '../../lib/domain/plan.ts';
import type { NotANumberReport, PredictedColumn, PredictionMetrics } from '../../lib/domain/run-summary.ts';
import { fitRows } from '../common-columns.ts';
import { csvHeader, csvWriter } from '../csv.ts';
import type { ColumnValues, ParquetColumn } from '../parquet-columns.ts';
import { type ParquetFile, writeParquet } from '../parquet-file.ts';
import { accumulateColumn, type ColumnAccumulator } from '../predicted-column.ts';
import { accumulateMetrics, type MetricsAccumulator } from '../prediction-metrics.ts';
import { type ObjectWriter, writeObject } from '../s3/object-writer.ts';
import { sdkObjects } from '../s3/sdk-objects.ts';
import { countNotANumber } from './not-a-number.ts';
import { openPredictionsFile, type PredictionsFile } from './predictions-reader.ts';

/** Joins the predictions of the items, in the order in which they are given, into one CSV and one parquet file. */
export interface PredictionsMerge {
  /**
   * @returns why the file could not be used; undefined when it was.
   * @throws WiderColumns where it could be, with other columns from the beginning.
   */
  append(name: string, file: ArrayBuffer | AsyncBuffer, samples: number): Promise<string | undefined>;
  /** Both files appear under their names now. */
  finish(): Promise<MergedPredictions>;
  abort(): Promise<void>;
}

export interface MergedPredictions {
  rows: number;
  columns: string[];
  predicted: PredictedColumn[];
  metrics: PredictionMetrics[];
  /** They are in the files and not in the statistics. */
  notANumber: NotANumberReport;
  /** Id and truth tensors of the model package that the data does not have, and how many files do not. */
  absent: Map<string, number>;
  csvKey: string | null;
  parquetKey: string | null;
}

/** Rows turned into text at a time: a million small strings at once would be most of the memory. */
const SLICE_ROWS = 4_096;
/** Of many columns fewer rows are. */
const SLICE_VALUES = 2 ** 18;
/** Columns with statistics: each may take some 500 kB while the rows go by. */
const MAX_DESCRIBED = 32;

interface Target {
  columns: ParquetColumn[];
  truths: Set<string>;
  csv: ObjectWriter;
  csvLines: ReturnType<typeof csvWriter>;
  parquet: ParquetFile;
  parquetWriter: ObjectWriter;
  source: number;
  predicted: number[];
  described: { at: number; accumulator: ColumnAccumulator }[];
  metrics: { predicted: number; truth: number; accumulator: MetricsAccumulator }[];
}

/** @param wider columns to write instead of those of the first file. */
export function mergePredictions(s3: S3Client, run: RunContext, wider?: ParquetColumn[]): PredictionsMerge {
  const csvKey = `${run.result_path}/predictions.csv`;
  const parquetKey = `${run.result_path}/predictions.parquet`;
  let target: Target | undefined;
  let rows = 0;
  const notANumber = countNotANumber();
  const absent = new Map<string, number>();

  async function openTarget(first: PredictionsFile): Promise<Target> {
    const { metadata } = first;
    const columns = wider ?? first.columns;
    const at = (name: string) => columns.findIndex((column) => column.name === name);
    const objects = sdkObjects(s3);
    const { bucket } = run;
    const csv = writeObject(objects, { bucket, key: csvKey, contentType: 'text/csv; charset=utf-8' });
    const parquetWriter = writeObject(objects, {
      bucket,
      key: parquetKey,
      contentType: 'application/vnd.apache.parquet',
    });
    await csv.write(csvHeader(columns.map((column) => column.name)));
    return {
      columns,
      truths: new Set(),
      csv,
      csvLines: csvWriter(columns.map(({ type }) => type)),
      parquetWriter,
      parquet: writeParquet(parquetWriter, columns, metadata),
      source: at('source'),
      predicted: metadata.predicted.map(({ column }) => at(column)),
      described: metadata.predicted
        .slice(0, MAX_DESCRIBED)
        .map((column) => ({ at: at(column.column), accumulator: accumulateColumn(column) })),
      metrics: metadata.truth
        .filter(({ truth }) => at(truth) >= 0)
        .slice(0, MAX_DESCRIBED)
        .map((truth) => ({
          predicted: at(truth.column),
          truth: at(truth.truth),
          accumulator: accumulateMetrics(truth),
        })),
    };
  }

  async function appendRows(open: Target, values: ColumnValues[], count: number) {
    const { csv, csvLines, parquet, source, predicted, described, metrics } = open;
    await csv.write(csvLines(values, count));
    await parquet.append(values, count);
    notANumber.add(
      values[source] as string[],
      predicted.map((i) => values[i] as ColumnValues),
      count,
    );
    for (const { at, accumulator } of described) accumulator.add(values[at] as ColumnValues);
    for (const metric of metrics) {
      metric.accumulator.add(
        values[metric.predicted] as ArrayLike<number | bigint>,
        values[metric.truth] as ArrayLike<number | bigint>,
      );
    }
    rows += count;
  }

  async function appendFile(open: Target, file: PredictionsFile, toFit: (values: ColumnValues[]) => ColumnValues[]) {
    const mostRows = Math.min(SLICE_ROWS, Math.ceil(SLICE_VALUES / file.columns.length));
    for await (const { values, count } of file.rowGroups()) {
      for (let from = 0; from < count; from += mostRows) {
        const sliceRows = Math.min(mostRows, count - from);
        const slices = values.map((column) => column.slice(from, from + sliceRows) as ColumnValues);
        await appendRows(open, toFit(slices), sliceRows);
        // What is being sent and fetched goes on only if it is let; few rows are soon over.
        if (sliceRows === mostRows) await setImmediate();
      }
    }
  }

  return {
    async append(name, buffer, samples) {
      let file: PredictionsFile;
      try {
        file = await openPredictionsFile(buffer);
      } catch (error) {
        return `${name} is not a predictions file (${(error as Error).message})`;
      }
      if (file.metadata.execution_arn !== run.execution_arn) return `${name} was written by another execution`;
      if (file.rows !== samples) return `${name} has ${file.rows} rows for ${samples} samples`;
      target ??= await openTarget(file);
      for (const { truth } of file.metadata.truth) target.truths.add(truth);
      const toFit = fitRows(target.columns, file.columns, target.truths);
      if (typeof toFit === 'string') return `${name} ${toFit}`;
      for (const tensor of file.metadata.absent) absent.set(tensor, (absent.get(tensor) ?? 0) + 1);
      await appendFile(target, file, toFit).catch((error: Error) => {
        throw new Error(`${name}: ${error.message}`, { cause: error });
      });
      return undefined;
    },
    async finish() {
      await Promise.all([target?.csv.finish(), target?.parquet.finish()]);
      return {
        rows,
        notANumber: notANumber.read(),
        absent,
        columns: target?.columns.map((column) => column.name) ?? [],
        predicted: target?.described.map(({ accumulator }) => accumulator.read()) ?? [],
        metrics: target?.metrics.flatMap(({ accumulator }) => accumulator.read() ?? []) ?? [],
        csvKey: target ? csvKey : null,
        parquetKey: target ? parquetKey : null,
      };
    },
    async abort() {
      await Promise.all([target?.csv.abort(), target?.parquetWriter.abort()]);
    },
  };
}
