import { setTimeout } from 'node:timers/promises';
import type { PartitionRef } from '../../lib/domain/plan.ts';
import { Failure } from '../failure.ts';
import { httpStatus, isTransient, toFailure } from './errors.ts';
import type { Download, StartDownload } from './objects.ts';

/** Random and sequential access to the bytes of one object, in as few GETs as that takes. Ends are exclusive. */
export interface ObjectSource {
  key: string;
  sizeBytes: number;
  /** Bytes `start` to `end` in a buffer of their own, which begins at offset 0 of its ArrayBuffer. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * @param place gives the memory that the next bytes are received into, which are then yielded as a view of it; a new
   * buffer each time without it.
   */
  stream(start: number, end: number, place?: Place): AsyncIterable<Uint8Array>;
  /** Fetches the last bytes beside whatever is read first, where that is the habit: `read` takes from them what lies there. */
  prefetchTail(): void;
  /** What is to be let go of with the object. */
  onClose(release: () => void): void;
  close(): Promise<void>;
}

/** Memory for the next bytes, not empty. */
export type Place = () => Uint8Array;

/** What reading an object of a dataset has taught of the next one, which most likely is laid out alike. */
export interface ReadingHabit {
  /** Whether something was read from its last bytes: those are worth a GET of their own, before it is known. */
  readsTail: boolean;
}

/** A GET that stands at `position` of its object and has been asked for the bytes up to `end`, exclusive. */
interface Running {
  download: Download;
  position: number;
  end: number;
}

/** Skipping this much of a running download is cheaper than another GET (about 20 ms of latency on AWS). */
const SKIP_BYTES = 256 * 1024;
/** Headers and directories are read in blocks of this size, which are kept: what lies beside them is often asked for next. */
const BLOCK_BYTES = 64 * 1024;
const BLOCKS_KEPT = 8;
/** What lies behind the images of 5,000 samples: five magnitudes and a redshift each. */
const TAIL_BYTES = 128 * 1024;
const CHUNK_BYTES = 256 * 1024;
const ATTEMPTS = 4;

/**
 * Opens an object. The GET that reads its head runs to the end of the object and is carried on by whoever asks next for
 * the bytes that follow, so a file that is read from front to back costs one request. A broken download continues where
 * it stopped. All GETs demand the same ETag: a file that is replaced meanwhile is an error, not a mixture.
 * @param habit kept by whoever reads one object after the other; without it no tail is fetched.
 */
export function openObject(startDownload: StartDownload, ref: PartitionRef, habit?: ReadingHabit): ObjectSource {
  const { key, size_bytes: sizeBytes } = ref;
  let idle: Running | undefined;
  let closed = false;
  const releases: (() => void)[] = [];
  const open = new Set<Running>();
  const blocks: { start: number; bytes: Uint8Array }[] = [];
  // A file of a few times that is soon received as a whole.
  const tailStart = sizeBytes < 5 * TAIL_BYTES ? undefined : sizeBytes - TAIL_BYTES;
  let tail: Promise<Uint8Array<ArrayBuffer>> | undefined;
  let readsTail = false;

  async function* stream(start: number, end: number, place: Place = newChunk): AsyncGenerator<Uint8Array> {
    if (end > sizeBytes) {
      throw new Failure('PartitionTruncated', `${key}: bytes ${start} to ${end} are needed, but it has ${sizeBytes}`);
    }
    let position = start;
    const block = blocks.find((b) => b.start <= start && start < b.start + b.bytes.length);
    if (block) {
      const known = block.bytes.subarray(start - block.start, end - block.start);
      position += known.length;
      yield known;
    }
    for (let attempt = 1; position < end; attempt++) {
      const running = takeIdle(position) ?? (await begin(position, end));
      const before = position;
      try {
        requireOpen();
        await skipTo(running, position);
        while (position < end) {
          const chunk = await receive(running, place().subarray(0, end - position));
          position += chunk.length;
          yield chunk;
        }
      } catch (error) {
        drop(running);
        if (position > before) attempt = 1;
        if (closed || attempt >= ATTEMPTS || !isTransient(error))
          throw toFailure(error, `${key}: reading byte ${position}`);
        await setTimeout(attempt * 100);
      } finally {
        // Reached also when the consumer stops: in the middle, or with the last bytes.
        if (position < end) drop(running);
        else putBack(running);
      }
    }
  }

  function takeIdle(position: number): Running | undefined {
    if (!idle || position < idle.position || position - idle.position > SKIP_BYTES) return undefined;
    const running = idle;
    idle = undefined;
    return running;
  }

  /** One that was received whole is not kept: it would be taken for a download that broke off by whoever reads on. */
  function putBack(running: Running): void {
    if (closed || idle || running.position === running.end) drop(running);
    else idle = running;
  }

  function drop(running: Running): void {
    if (open.delete(running)) running.download.close();
  }

  async function begin(start: number, end: number): Promise<Running> {
    requireOpen();
    const last = start === 0 ? sizeBytes - 1 : end - 1;
    try {
      const running = { download: await startDownload(ref, start, last), position: start, end: last + 1 };
      open.add(running);
      return running;
    } catch (error) {
      throw getFailure(error);
    }
  }

  /** Who reads on when it has been let go of would receive into memory that is used for something else by then. */
  function requireOpen(): void {
    if (closed) throw new Error(`${key}: it was let go of while it was read`);
  }

  function getFailure(error: unknown): Error {
    const status = httpStatus(error);
    if (status === 404) {
      return new Failure('PartitionMissing', `${key}: it is no longer in bucket ${ref.bucket}`, { cause: error });
    }
    if (status === 412 || status === 416) {
      const why = 'it was replaced while the run was going on; start the run again';
      return new Failure('PartitionChanged', `${key}: ${why}`, { cause: error });
    }
    return toFailure(error, `${key}: reading it`);
  }

  async function collect(start: number, end: number) {
    const bytes = new Uint8Array(end - start);
    let filled = 0;
    for await (const chunk of stream(start, end, () => bytes.subarray(filled))) {
      // Bytes that were known already lie elsewhere.
      if (chunk.buffer !== bytes.buffer) bytes.set(chunk, filled);
      filled += chunk.length;
    }
    return bytes;
  }

  return {
    key,
    sizeBytes,
    stream,
    prefetchTail() {
      if (tail || tailStart === undefined || !habit?.readsTail) return;
      tail = collect(tailStart, sizeBytes);
      // Where it failed, whoever reads from it is told; it may not be needed.
      tail.catch(() => {});
    },
    async read(start, end) {
      if (tailStart !== undefined && start >= tailStart && end <= sizeBytes) {
        readsTail = true;
        if (tail) return (await tail).slice(start - tailStart, end - tailStart);
      }
      const known = blocks.some((b) => b.start <= start && end <= b.start + b.bytes.length);
      const follows = idle && start >= idle.position && start - idle.position <= SKIP_BYTES;
      if (start > 0 && end - start < BLOCK_BYTES && end <= sizeBytes && !known && !follows) {
        blocks.push({ start, bytes: await collect(start, Math.min(start + BLOCK_BYTES, sizeBytes)) });
        if (blocks.length > BLOCKS_KEPT) blocks.shift();
      }
      return collect(start, end);
    },
    onClose(release) {
      if (closed) release();
      else releases.push(release);
    },
    async close() {
      closed = true;
      for (const release of releases.splice(0)) release();
      if (habit && tailStart !== undefined) habit.readsTail = readsTail;
      await tail?.catch(() => {});
      const left = idle;
      idle = undefined;
      // A few leftover bytes are received so that the connection can be used again; more is not worth it.
      if (left && sizeBytes - left.position <= SKIP_BYTES) await skipTo(left, sizeBytes).catch(() => undefined);
      for (const running of open) drop(running);
    },
  };
}

const newChunk: Place = () => Buffer.allocUnsafeSlow(CHUNK_BYTES);

async function receive(running: Running, into: Uint8Array): Promise<Uint8Array> {
  const count = await running.download.receive(into);
  if (count === 0) throw Object.assign(new Error('the download ended early'), { code: 'ECONNRESET' });
  running.position += count;
  return into.subarray(0, count);
}

async function skipTo(running: Running, position: number): Promise<void> {
  while (running.position < position) await receive(running, new Uint8Array(position - running.position));
}
