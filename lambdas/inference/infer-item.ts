import type { InferenceEvent } from '../../lib/domain/plan.ts';
import { WiderColumns } from '../common-columns.ts';
import { Failure } from '../failure.ts';
import type { ParquetColumn } from '../parquet-columns.ts';
import type { Environment } from './environment.ts';
import { wantedOutputs } from './graph-fit.ts';
import { readItem, type SourceBatch } from './item-batches.ts';
import { outputColumns } from './output-columns.ts';
import type { PhaseClock } from './phases.ts';
import { layOutTable, type PredictionTable } from './predictions.ts';
import type { PredictionsFile } from './predictions-file.ts';
import type { BatchOutputs, ModelSession } from './session.ts';
import type { TensorValue } from './tensor-data.ts';

/** What running one item gave, besides the predictions file. */
export interface ItemOutcome {
  samples: number;
  batches: number;
  /** Samples with a predicted value that is NaN or infinite. */
  notANumber: number;
  /** Samples that were computed at once, at most: a batch is computed in slices of that many. */
  samplesPerCall: number;
  predictionsKey: string;
  modelEtag: string;
  isPrepared: boolean;
  /** Inputs of samples that went through the model: of the largest batch. Valid until the next item. */
  feeds: Record<string, TensorValue>;
  /** How many samples the graph takes, where it takes no others. */
  exactRows: number | undefined;
  /** CPU time (user + system) of the process over the model loop, s. */
  cpuSeconds: number;
}

/**
 * Runs every partition of the item through the model and writes the predictions as it goes. While one batch runs, the
 * next one arrives and the rows of the one before are written, across the partitions of the item; the first rows of a
 * batch are computed while its last ones are on their way, and by threads that the one before has nothing left for: small
 * batches keep all of them busy (published size, 2 threads, batches of 8: 316 samples/s, one batch at a time 160). A
 * column that turns out to need another type takes another pass.
 * @param wider columns of the predictions, where they are known from a pass before.
 */
export async function inferItem(
  environment: Environment,
  item: InferenceEvent,
  clock: PhaseClock,
  wider?: ParquetColumn[],
): Promise<ItemOutcome> {
  const { run, rank } = item;
  const model = environment.models.open(run.model);
  const predictionsKey = `${run.result_path}/predictions/${rank}.parquet`;
  const batches = readItem(environment, item, model, clock);
  let samples = 0;
  let count = 0;
  let samplesPerCall = 0;
  let largest: SourceBatch | undefined;
  let running: RunningBatch | undefined;
  let file: PredictionsFile | undefined;
  /** Writing beside a running batch is hidden; what went on longer was waited for. */
  const countLonger = ({ endedMs }: RunningBatch) => {
    if (endedMs !== undefined) clock.countAs('write', performance.now() - endedMs);
  };
  try {
    let arriving = next(batches);
    clock.enter('model_load');
    const [manifest, { session, script, etag, isPrepared }] = await Promise.all([model.manifest, model.loaded]);
    const wanted = wantedOutputs(manifest, session);
    const cpu = process.cpuUsage();
    let table: PredictionTable | undefined;
    do {
      const before = running;
      clock.enter(before ? 'inference' : 'fetch');
      let isHanded = false;
      const finished = before?.done.then((done) => {
        clock.countAs('fetch', done.waitedMs);
        if (!isHanded) clock.enter('fetch');
        return done;
      });
      // Awaited below; a batch that cannot be had is told first.
      finished?.catch(() => {});
      const batch = await arriving;
      isHanded = true;
      running = batch && runBatch(session, batch, wanted);
      // Its code is loaded while the model runs, not while it is awaited.
      file ??= environment.openPredictions(run.bucket, predictionsKey, wider);
      if (!running && before && before.endedMs === undefined) {
        // While the last batch runs there is time for the rows of those before.
        await file.flush();
        countLonger(before);
      }
      const done = await finished;
      if (before && done) {
        clock.enter(running ? 'inference' : 'write');
        const { key, partition, count: rows } = before.batch;
        const columns = await outputColumns(rank, manifest, script, before.batch, done);
        if (!table?.fits(partition, columns)) table = layOutTable(key, run, manifest, partition, columns);
        await file.append(key, table, table.rows(key, before.batch, columns), rows);
        samples += rows;
        count += 1;
        if (rows > (largest?.count ?? 0)) largest = before.batch;
        samplesPerCall = Math.max(samplesPerCall, done.rows);
        if (running) countLonger(running);
      }
      if (running) arriving = next(batches);
    } while (running);
    const used = process.cpuUsage(cpu);
    clock.enter('write');
    const notANumber = (await file?.finish())?.notANumber ?? 0;
    clock.enter('other');
    const cpuSeconds = (used.user + used.system) / 1e6;
    return {
      samples,
      batches: count,
      samplesPerCall,
      notANumber,
      predictionsKey,
      modelEtag: etag,
      isPrepared,
      feeds: largest?.feeds ?? {},
      exactRows: session.exactRows,
      cpuSeconds,
    };
  } catch (error) {
    await file?.abort();
    // Both use the memory of the batches, which the next pass, or the next item, receives its own into.
    await Promise.allSettled([running?.done, batches.return(undefined)]);
    if (!(error instanceof WiderColumns)) throw error;
    return inferItem(environment, item, clock, error.columns);
  }
}

/** Begins to read the next batch. A failure is seen when the batch is awaited; until then it is not unhandled. */
function next(batches: AsyncGenerator<SourceBatch>): Promise<SourceBatch | undefined> {
  const reading = batches.next().then(({ value }) => value as SourceBatch | undefined);
  reading.catch(() => {});
  return reading;
}

interface RunningBatch {
  batch: SourceBatch;
  done: Promise<BatchOutputs>;
  /** When it ended, by performance.now(). */
  endedMs?: number;
}

function runBatch(session: ModelSession, batch: SourceBatch, wanted: string[]): RunningBatch {
  const { key, start, count, feeds, arrival, whole } = batch;
  const done = session.run(feeds, wanted, arrival, whole).catch((error: Error) => {
    if (error instanceof Failure) throw error;
    const rows = `rows ${start} to ${start + count - 1}`;
    throw new Failure('ModelMismatch', `${key}: ONNX Runtime failed on ${rows}: ${error.message}`, { cause: error });
  });
  const running: RunningBatch = { batch, done };
  const ended = () => {
    running.endedMs = performance.now();
  };
  done.then(ended, ended);
  return running;
}
