import { Failure } from '../failure.ts';
import { formatShape, itemBytes, type PartitionTensor } from '../formats/partition.ts';
import type { ObjectSource } from '../s3/object-source.ts';
import { ALL_ROWS, type Arrival, newArrival, tellFailed, tellRows } from './arrival.ts';
import type { BatchMemory } from './batch-memory.ts';
import type { Feed } from './feed.ts';
import type { ScriptTensors } from './model-script.ts';
import type { PhaseClock } from './phases.ts';
import { openProgress, type Progress } from './progress.ts';
import type { ScriptedFeeds } from './script-feeds.ts';
import { copyShared, type Numbers, type TensorValue, textRows, toNumbers } from './tensor-data.ts';

/** Tensors up to this size are fetched whole, neighbours together. */
const SMALL_BYTES = 1_000_000;
const GAP_BYTES = 64 * 1024;
/** Rows are reported as arrived after each of these; the first ones of a batch sooner, since the model waits for them. */
const PIECE_BYTES = 1024 * 1024;
const FIRST_PIECE_BYTES = 256 * 1024;

export interface Batch {
  /** First row in the file. */
  start: number;
  count: number;
  feeds: Record<string, TensorValue>;
  /** How many rows of the feeds are there. */
  arrival: Arrival;
  /** Resolves when all rows are there; rejects when they cannot be had. */
  whole: Promise<void>;
  /** Rows of id and truth tensors, as numbers. */
  columns: Map<string, Numbers>;
  /** Rows of the tensors that the model's script gets, where it has one. */
  given?: ScriptTensors | undefined;
}

/** The next rows of one tensor, to be received into memory that `take` gives (or a view of the tensor, where it is fetched whole). */
type Cursor = (count: number, take: (bytes: number) => SharedArrayBuffer) => ArrivingRows;
interface ArrivingRows {
  /** Where the rows will lie. */
  bytes: Uint8Array;
  /** Resolves when all of them are there; rejects when they cannot be had. */
  whole: Promise<void>;
  /** How many are there, where they come one by one. */
  progress?: RowProgress;
}

interface RowProgress {
  rows(): number;
  follow: Progress['follow'];
}

/** What is to be read of a partition. */
export interface BatchPlan {
  samples: number;
  batchSize: number;
  /** Tensors that the model is fed with, and those that hold id and truth. */
  inputs: PartitionTensor[];
  columns: PartitionTensor[];
  /** How the inputs are made from them: known when the model is loaded, which may be later than the first rows. */
  feeds: Promise<Feed[] | ScriptedFeeds>;
}

/**
 * Reads a partition batch by batch, in order, the last one smaller. Two batches are in memory at most: the one handed
 * out, which stays valid until the batch after the next is asked for, and the one that is arriving. The bytes of a batch
 * are received into memory that starts aligned, so that the model can take them from there without another copy; where
 * it does, the batch is handed out while they arrive.
 */
export async function* readBatches(
  object: ObjectSource,
  plan: BatchPlan,
  memory: BatchMemory,
  clock: PhaseClock,
): AsyncGenerator<Batch> {
  const { samples, batchSize, columns } = plan;
  const wanted = new Map([...plan.inputs, ...columns].map((tensor) => [tensor.name, tensor]));
  const cursors = await openCursors(object, [...wanted.values()]);
  for (let start = 0; start < samples; start += batchSize) {
    const count = Math.min(batchSize, samples - start);
    const place = memory.turn();
    const arriving = new Map(
      [...cursors].map(([name, next]) => [name, next(count, (bytes) => memory.take(`tensor ${name} ${place}`, bytes))]),
    );
    const planned = await plan.feeds;
    const fed = Array.isArray(planned) ? planned : [];
    // Of what is converted or stands in the predictions all rows are needed. One tensor may feed several inputs.
    const needed = [...columns, ...fed.flatMap((feed) => (feed.zeroCopy ? [] : feed.tensor))];
    const streamed = fed.filter(({ tensor }) => !needed.includes(tensor));
    const early = streamed.flatMap(({ tensor }) => arriving.get(tensor.name)?.progress ?? []);
    const late = [...arriving.values()].filter(({ progress }) => !progress || !early.includes(progress));
    await allArrived(late);
    const arrival = tellProgress(early);
    const whole = allArrived([...arriving.values()]);
    // Whoever computes the batch awaits it too; a failure before that must not count as unhandled.
    whole.catch(() => {});
    const users = Array.isArray(planned) ? [...columns, ...planned.map((feed) => feed.tensor)] : undefined;
    const bytes = (tensor: PartitionTensor) => ownBytes(tensor, arriving, users);
    const scripted = Array.isArray(planned) ? undefined : await runScript(planned, bytes, start, count, clock);
    const feeds = Array.isArray(planned) ? planned : (scripted?.feeds ?? []);
    const into = (input: string) => (size: number) => memory.take(`input ${input} ${place}`, size);
    yield await clock.feeding(() => ({
      start,
      count,
      arrival,
      whole,
      columns: new Map(columns.map((tensor) => [tensor.name, toNumbers(tensor, bytes(tensor))])),
      given: scripted?.given,
      feeds: Object.fromEntries([
        ...feeds.map((feed) => [feed.name, feed.make(bytes(feed.tensor), count, into(feed.name))]),
        // A script may use its memory again for the next batch, while this one is computed.
        ...Object.entries(scripted?.made ?? {}).map(([name, value]) => [
          name,
          { ...value, data: copyShared(value.data, into(name)) },
        ]),
      ]),
    }));
    await whole;
  }
}

/** What the script of the model makes of a batch, all of which is there. */
async function runScript(
  { tensors, prepare }: ScriptedFeeds,
  bytes: (tensor: PartitionTensor) => Uint8Array,
  start: number,
  count: number,
  clock: PhaseClock,
) {
  const given: ScriptTensors = {};
  for (const tensor of tensors) {
    // It may write into what it gets, where an id, a truth or an input that it does not return stays what it is in the file;
    // and may keep it, while later batches are received where this one was.
    const rows = bytes(tensor).slice();
    const data = tensor.dtype === 'text' ? textRows(rows, count) : toNumbers(tensor, rows);
    given[tensor.name] = { type: tensor.dtype, data, dims: [count, ...tensor.shape.slice(1)] };
  }
  return { given, ...(await clock.feeding(() => prepare(given, start, count))) };
}

async function allArrived(tensors: ArrivingRows[]): Promise<void> {
  await Promise.all(tensors.map(({ whole }) => whole));
}

/**
 * Counts the rows that are there of all of these tensors, from now on. Where there are none, everything is there: also of an
 * input that a script has made with more rows than the batch.
 */
function tellProgress(tensors: RowProgress[]): Arrival {
  const arrival = newArrival();
  const tell = () => tellRows(arrival, Math.min(ALL_ROWS, ...tensors.map((tensor) => tensor.rows())));
  tell();
  for (const tensor of tensors) tensor.follow(tell, () => tellFailed(arrival));
  return arrival;
}

/** The number of samples, on which all tensors have to agree. */
export function countSamples(key: string, tensors: PartitionTensor[]): number {
  const [first, ...others] = tensors;
  const samples = first?.shape[0];
  if (!first || samples === undefined) {
    throw new Failure('PartitionCorrupt', `${key}: tensor ${first?.name} has no dimension to count samples by`);
  }
  const other = others.find((tensor) => tensor.shape[0] !== samples);
  if (other) {
    const what = `tensor ${first.name} has ${samples} samples, ${other.name} ${formatShape(other.shape)} has ${other.shape[0]}`;
    throw new Failure('PartitionCorrupt', `${key}: ${what}`);
  }
  if (samples === 0) {
    throw new Failure(
      'PartitionEmpty',
      `${key}: tensor ${first.name} ${formatShape(first.shape)} holds no samples; remove the file`,
    );
  }
  return samples;
}

const rowBytes = ({ dtype, shape }: PartitionTensor) => shape.slice(1).reduce((n, d) => n * d, itemBytes[dtype]);

/**
 * Big-endian rows are turned in place, so a tensor that is used twice gets a copy each time.
 * @param users all tensors that are used, each as often as it is; undefined where that is not known beforehand.
 */
function ownBytes(tensor: PartitionTensor, rows: Map<string, ArrivingRows>, users?: PartitionTensor[]): Uint8Array {
  const { bytes } = rows.get(tensor.name) as ArrivingRows;
  if (!tensor.bigEndian) return bytes;
  const isUsedOnce = users?.filter(({ name }) => name === tensor.name).length === 1;
  return isUsedOnce ? bytes : bytes.slice();
}

/**
 * Small tensors that lie before the others are fetched first, by the same GET. Those behind come by a GET of their own
 * while the others begin to arrive: one answer less to wait for.
 */
async function openCursors(object: ObjectSource, tensors: PartitionTensor[]): Promise<Map<string, Cursor>> {
  const small = tensors.filter(({ range }) => range && range.end - range.start <= SMALL_BYTES);
  const streamed = tensors.filter((tensor) => !small.includes(tensor));
  const streamStart = Math.min(...streamed.map(({ range }) => range?.start ?? Number.POSITIVE_INFINITY));
  const whole = readWhole(object, small);
  await Promise.all(
    [...whole].flatMap(([{ range }, { loaded }]) => (range && range.start < streamStart ? [loaded] : [])),
  );
  return new Map(
    tensors.map((tensor) => {
      const loading = whole.get(tensor);
      return [tensor.name, loading ? memoryCursor(tensor, loading) : streamCursor(object, tensor)];
    }),
  );
}

/** A tensor that is fetched whole. */
interface LoadingTensor {
  bytes: Uint8Array;
  /** Resolves when the bytes are there. */
  loaded: Promise<void>;
}

/** Fetches small tensors, in one read where they lie side by side. */
function readWhole(object: ObjectSource, tensors: PartitionTensor[]): Map<PartitionTensor, LoadingTensor> {
  const sorted = tensors.flatMap((tensor) => (tensor.range ? [{ tensor, ...tensor.range }] : []));
  sorted.sort((a, b) => a.start - b.start);
  const runs: (typeof sorted)[] = [];
  for (const place of sorted) {
    const run = runs.at(-1);
    if (run && place.start - (run.at(-1)?.end ?? 0) <= GAP_BYTES) run.push(place);
    else runs.push([place]);
  }
  const whole = new Map<PartitionTensor, LoadingTensor>();
  for (const run of runs) {
    const start = run[0]?.start ?? 0;
    const reading = object.read(start, run.at(-1)?.end ?? start);
    for (const place of run) {
      // A copy of its own is aligned.
      const bytes = new Uint8Array(new SharedArrayBuffer(place.end - place.start));
      const loaded = reading.then((received) => {
        bytes.set(received.subarray(place.start - start, place.end - start));
        place.tensor.verify?.(bytes);
      });
      // A failure is told to whoever waits for the rows; until then it must not count as unhandled.
      loaded.catch(() => {});
      whole.set(place.tensor, { bytes, loaded });
    }
  }
  return whole;
}

function memoryCursor(tensor: PartitionTensor, { bytes, loaded }: LoadingTensor): Cursor {
  const size = rowBytes(tensor);
  let row = 0;
  return (count) => {
    const rows = bytes.subarray(row * size, (row + count) * size);
    row += count;
    return { bytes: rows, whole: loaded };
  };
}

function streamCursor({ key, onClose }: ObjectSource, tensor: PartitionTensor): Cursor {
  let target: Uint8Array = new Uint8Array();
  let filled = 0;
  const chunks = tensor
    .bytes(() => target.subarray(filled, filled + (filled === 0 ? FIRST_PIECE_BYTES : PIECE_BYTES)))
    [Symbol.asyncIterator]();
  // Behind its last row it would wait for ever to be asked for more, and keep what it reads with.
  onClose(() => void chunks.return?.().catch(() => {}));
  let rest: Uint8Array | undefined;
  let received = 0;
  const size = rowBytes(tensor);
  return (count, take) => {
    target = new Uint8Array(take(count * size), 0, count * size);
    filled = 0;
    const progress = openProgress();
    fill(progress).catch(progress.fail);
    const whole = progress.reached(count * size);
    whole.catch(() => {});
    // Of rows without values nothing arrives.
    const rows = () => (size === 0 ? count : Math.floor(progress.position() / size));
    return { bytes: target, whole, progress: { rows, follow: progress.follow } };
  };

  async function fill(progress: Progress): Promise<void> {
    while (filled < target.length) {
      const chunk = rest ?? (await nextChunk());
      const taken = chunk.subarray(0, target.length - filled);
      // Most formats receive the bytes there at once.
      if (taken.buffer !== target.buffer) target.set(taken, filled);
      filled += taken.length;
      rest = taken.length < chunk.length ? chunk.subarray(taken.length) : undefined;
      progress.advance(filled);
    }
  }

  async function nextChunk(): Promise<Uint8Array> {
    const next = await chunks.next();
    if (next.done) {
      const what = `tensor ${tensor.name} ${formatShape(tensor.shape)} ends after ${received} bytes`;
      throw new Failure('PartitionTruncated', `${key}: ${what}; write or upload it again`);
    }
    received += next.value.length;
    return next.value;
  }
}
