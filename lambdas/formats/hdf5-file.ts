import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import h5wasm from 'h5wasm';
import { Failure } from '../failure.ts';
import type { ObjectSource } from '../s3/object-source.ts';
import { openUnnamedFile, type UnnamedFile } from '../temporary-file.ts';

/**
 * The library's own interface, under that of its classes: those do not look at what its calls return, and a data set that
 * cannot be read would be whatever lay in memory.
 */
export type Hdf5Library = Awaited<typeof h5wasm.ready>;
export type Hdf5Metadata = ReturnType<Hdf5Library['get_dataset_metadata']>;

/** An HDF5 file as the library has it open. */
export interface Hdf5File {
  library: Hdf5Library;
  /** As the library knows it now. */
  readonly id: bigint;
  /** Paths of all groups, data sets and links in it, without a slash at their beginning. */
  paths: string[];
  /** What it was downloaded from. */
  object: Pick<ObjectSource, 'key' | 'sizeBytes'>;
  /**
   * Says how many chunks are read next. The library keeps where they lie, 300 bytes for each and up to 32 MB, until the file
   * is closed: so it is opened anew from time to time, which takes no longer than looking that up among so many.
   */
  expectChunks(count: number): void;
  close(): void;
}

/** A data set of an open file. */
export interface Hdf5Dataset {
  file: Hdf5File;
  /** Its path in the file. */
  path: string;
  metadata: Hdf5Metadata;
  shape: number[];
  /** Begins what is said of it: `datasets/x/3.h5: tensor image`. */
  what: string;
}

/** Of emscripten's file system, which its types leave out: how a file is read whose bytes do not lie in its memory. */
interface FileSystem {
  createFile(folder: string, name: string, properties: object, canRead: boolean, canWrite: boolean): OpenNode;
  getStream(descriptor: number): OpenNode;
  unlink(path: string): void;
}
interface OpenNode {
  stream_ops: Record<string, unknown>;
}
type Transfer = (stream: unknown, buffer: Uint8Array, offset: number, length: number, position: number) => number;

const PIECE_BYTES = 256 * 1024;
/** So many are read before a file is opened anew. */
const MOST_CHUNKS = 1_024;
const STDERR = 2;
let opened = 0;
/** Set when the library has crashed, as one in some thousand damaged files makes it: it cannot be used from then on. */
let crashed = false;
let loading: Promise<Hdf5Library> | undefined;
/** What the library has printed since it was last asked for something. */
let printed = '';

/**
 * Opens an HDF5 file. Where its numbers lie is known to the library only, which asks for them without being able to wait:
 * so the file is downloaded to disk first. The library sees this one file and nothing else of the machine: a file that
 * names others (external links, external storage, virtual data sets) cannot make it read them.
 */
export async function openHdf5File(object: ObjectSource): Promise<Hdf5File> {
  if (crashed) {
    console.error(
      'The HDF5 library has crashed over a damaged file before; this process ends, so that a new one reads on.',
    );
    process.exit(1);
  }
  loading ??= loadLibrary();
  const library = await loading;
  const files = library.FS as unknown as FileSystem;
  keepWhatIsPrinted(files);
  const downloaded = await download(object);
  const path = `/${opened++}.h5`;
  const read: Transfer = (_stream, buffer, offset, length, position) =>
    downloaded.readSome(buffer.subarray(offset, offset + length), position);
  const node = files.createFile('/', path.slice(1), {}, true, false);
  Object.defineProperty(node, 'usedBytes', { get: () => object.sizeBytes });
  node.stream_ops = { ...node.stream_ops, read };
  const release = () => {
    files.unlink(path);
    downloaded.close();
  };
  try {
    const { H5F_ACC_RDONLY, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST } = library;
    const open = () =>
      ask(object.key, () => library.open(path, H5F_ACC_RDONLY, false, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST));
    let id = open();
    let chunks = 0;
    return {
      library,
      get id() {
        return id;
      },
      paths: ask(object.key, () => library.get_names(id, '/', true)),
      object,
      expectChunks(count) {
        chunks += count;
        if (chunks < MOST_CHUNKS) return;
        library.close_file(id);
        id = open();
        chunks = 0;
      },
      close() {
        library.close_file(id);
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Loads the library and collects what that leaves behind, its code as it was read among it. By itself V8 would begin 15 MB
 * later, and let old objects grow fourfold each time, as suits a program that makes more of them.
 */
async function loadLibrary(): Promise<Hdf5Library> {
  const library = await h5wasm.ready;
  setFlagsFromString('--heap-growing-percent=50');
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
  return library;
}

/**
 * Calls the library.
 * @param what begins the message of a failure.
 * @returns what the call returned, if that is no negative number.
 */
export function ask<T extends number | bigint | object>(what: string, call: () => T): T {
  printed = '';
  try {
    const answer = call();
    if (typeof answer === 'object' || Number(answer) >= 0) return answer;
  } catch (error) {
    crashed ||= error instanceof WebAssembly.RuntimeError;
    throw hdf5Failure(what, printed || String(error));
  }
  throw hdf5Failure(what, printed);
}

/** The library prints what goes wrong and returns a number. (It can throw instead, but loses some of its stack each time.) */
function keepWhatIsPrinted(files: FileSystem): void {
  const write: Transfer = (_stream, buffer, offset, length) => {
    printed += Buffer.from(buffer.subarray(offset, offset + length)).toString('latin1');
    return length;
  };
  const stderr = files.getStream(STDERR);
  stderr.stream_ops = { ...stderr.stream_ops, write };
}

async function download(object: ObjectSource): Promise<UnnamedFile> {
  const file = openUnnamedFile('partition.h5');
  try {
    const piece = new Uint8Array(PIECE_BYTES);
    let at = 0;
    for await (const bytes of object.stream(0, object.sizeBytes, () => piece)) {
      writeTo(file, bytes, at, object);
      at += bytes.length;
    }
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * @param object what the bytes come from.
 * @throws PartitionTooLarge where the disk is full.
 */
export function writeTo(
  file: UnnamedFile,
  bytes: Uint8Array,
  at: number,
  { key, sizeBytes }: Hdf5File['object'],
): void {
  try {
    file.write(bytes, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    const remedy = 'give the function more ephemeral storage, or make smaller partitions';
    throw new Failure('PartitionTooLarge', `${key}: its ${sizeBytes} bytes do not fit on the disk; ${remedy}`);
  }
}

/** What the library has printed, in one line: of its list of causes the last, where it began. */
function hdf5Failure(what: string, text: string): Failure {
  const causes = [...text.matchAll(/^ *#\d+: .*? line \d+ in (.*)$/gm)].map((match) => match[1]);
  const why = causes.at(-1) ?? text.split('\n')[0] ?? '';
  const name = /truncated file/.test(text) ? 'PartitionTruncated' : 'PartitionCorrupt';
  return new Failure(name, `${what}: HDF5 cannot read it (${why}); write or upload it again`);
}
