import { Failure } from '../failure.ts';
import type { ObjectSource } from '../s3/object-source.ts';
import { type ByteReader, openByteReader } from './byte-reader.ts';

/** Passing over this much of a running download is cheaper than another GET. */
const SKIP_BYTES = 256 * 1024;
const CHUNK_BYTES = 256 * 1024;

/** Part of a file that is cut into blocks, which several readers go through side by side. */
export interface SharedBlocks<T> {
  /** Calls back with what a block was made into. It is valid during the call only. */
  use<R>(index: number, work: (made: T) => R): Promise<R>;
}

interface Blocks<T> {
  /** Where block `index` lies in the file, end exclusive; each begins where the one before ends. */
  range(index: number): { start: number; end: number };
  /** How many are kept: as far as readers may be apart. */
  kept: number;
  /** Where the last one ends. */
  end: number;
  /**
   * Called once for a block that several ask for.
   * @param unused what another block was made into, which nobody uses any more: its memory may be used again.
   */
  make(bytes: Uint8Array, start: number, unused: T | undefined): T;
}

interface Spare<T> {
  memory: Uint8Array<ArrayBuffer>;
  unused: T | undefined;
}

interface KeptBlock<T> extends Spare<T> {
  made: Promise<T>;
  users: number;
  isDropped: boolean;
}

/**
 * Readers that go side by side ask for the same blocks one after another. The first to ask for a block gets it from one
 * download, the others from memory. Who asks for a block elsewhere gets it on its own, and the download moves there when
 * the next ones are asked for too and nobody has used it meanwhile. The memory of a block is used again for a later one:
 * new memory for each would pile up until the garbage collector runs.
 * @param what begins the messages: `datasets/x/3.fits: HDU 1 (GALAXIES)`.
 */
export function openSharedBlocks<T>(object: ObjectSource, what: string, blocks: Blocks<T>): SharedBlocks<T> {
  const kept = new Map<number, KeptBlock<T>>();
  const spare: Spare<T>[] = [];
  const chunk = new Uint8Array(CHUNK_BYTES);
  let running: ByteReader | undefined;
  /** Where in the file the download stands when all that was asked of it is there. */
  let position = 0;
  /** Where the block ends that was read beside the download since it was last used. */
  let besideEnd: number | undefined;
  let asked: Promise<unknown> = Promise.resolve();
  object.onClose(stop);

  function stop(): void {
    const old = running;
    running = undefined;
    // What was asked of it before is still awaited.
    asked = asked.then(() => old?.close()).catch(() => {});
  }

  async function fetchInto(memory: Uint8Array<ArrayBuffer>, from: number, to: number): Promise<boolean> {
    const follows = from >= position && from - position <= SKIP_BYTES;
    if (running && !follows && from !== besideEnd) {
      besideEnd = to;
      memory.set(await object.read(from, to));
      return true;
    }
    if (!follows) stop();
    besideEnd = undefined;
    const skippedBytes = running ? from - position : 0;
    // Its chunks are copied before the next one is asked for.
    const reader = running ?? openByteReader(object.stream(from, blocks.end, () => chunk));
    running = reader;
    position = to;
    const isThere = asked.then(async () => (await reader.skip(skippedBytes)) && (await reader.takeInto(memory)));
    asked = isThere.catch(() => {});
    // A second reading begins a download of its own.
    if (to === blocks.end) stop();
    return isThere;
  }

  function fetch(index: number): KeptBlock<T> {
    const { start, end } = blocks.range(index);
    const place = spare.findIndex(({ memory }) => memory.length >= end - start);
    const [used] = place < 0 ? [] : spare.splice(place, 1);
    const memory = used?.memory ?? new Uint8Array(end - start);
    const bytes = memory.subarray(0, end - start);
    const made = fetchInto(bytes, start, end).then((isThere) => {
      if (!isThere)
        throw new Failure('PartitionTruncated', `${what}: it ends before byte ${end}; write or upload the file again`);
      block.unused = blocks.make(bytes, start, used?.unused);
      return block.unused;
    });
    const block: KeptBlock<T> = { made, memory, unused: undefined, users: 0, isDropped: false };
    made.catch(() => {
      if (kept.get(index) === block) kept.delete(index);
      stop();
    });
    return block;
  }

  /** Not before nobody uses it any more. */
  function reuse({ memory, unused, users, isDropped }: KeptBlock<T>): void {
    if (isDropped && users === 0 && spare.length < blocks.kept) spare.push({ memory, unused });
  }

  function blockAt(index: number): KeptBlock<T> {
    const known = kept.get(index);
    if (known) return known;
    const [oldest] = kept;
    if (oldest && kept.size >= blocks.kept) {
      kept.delete(oldest[0]);
      oldest[1].isDropped = true;
      reuse(oldest[1]);
    }
    const block = fetch(index);
    kept.set(index, block);
    return block;
  }

  return {
    async use(index, work) {
      const block = blockAt(index);
      block.users++;
      try {
        return work(await block.made);
      } finally {
        block.users--;
        reuse(block);
      }
    },
  };
}
