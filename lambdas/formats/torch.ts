import { crc32 } from 'node:zlib';
import { Failure } from '../failure.ts';
import type { ObjectSource, Place } from '../s3/object-source.ts';
import { formatShape, itemBytes, type Partition, type PartitionTensor, tensorBytes } from './partition.ts';
import { readPickle } from './pickle.ts';
import { isDict, isObject, isSequence, type PickleValue } from './pickle-value.ts';
import { isContiguous, stridedBytes } from './strided.ts';
import { isTensor, isTensorGlobal, noTensor, readTensor, TENSOR_DATASET, type TorchTensor } from './torch-tensor.ts';
import { entryBytes, locate, requireChecksum, type ZipData } from './zip.ts';
import { readZipDirectory, type ZipEntry } from './zip-directory.ts';

/** A tensor may be larger than the file it comes from (x.expand repeats what is there once), up to this many times. */
const MAX_EXPANSION = 8;

/** A file of torch.save: the entries of the zip by their names below its top folder. */
interface TorchFile {
  object: ObjectSource;
  entries: Map<string, ZipEntry>;
  bigEndian: boolean;
}

/**
 * pt, pth: what torch.save writes since PyTorch 1.6: a zip of one pickle, which describes, and of storages, which hold
 * the numbers. A TensorDataset, a list, a tuple and a single tensor give `tensor_0`, `tensor_1` …; a dict its keys.
 * https://github.com/pytorch/pytorch/blob/main/torch/serialization.py
 */
export async function openTorch(object: ObjectSource): Promise<Partition> {
  const { key } = object;
  await requireZip(object);
  const entries = topFolder(await readZipDirectory(object, 'PyTorch'));
  if (entries.has('constants.pkl')) {
    throw new Failure('UnsupportedFormat', `${key}: a TorchScript program, not data; save the tensors with torch.save`);
  }
  if (!entries.has('data.pkl')) {
    throw new Failure('PartitionCorrupt', `${key}: a zip file without data.pkl: not written by torch.save`);
  }
  const pickle = await readEntry(object, entries, 'data.pkl');
  const order = entries.has('byteorder')
    ? new TextDecoder().decode(await readEntry(object, entries, 'byteorder'))
    : 'little';
  if (order !== 'little' && order !== 'big')
    throw new Failure('PartitionCorrupt', `${key}: byte order '${order}' is unknown`);
  const file = { object, entries, bigEndian: order === 'big' };
  const partition: Partition = { tensors: new Map(), unreadable: new Map() };
  const what = `${key}: data.pkl`;
  for (const [name, value] of namedValues(what, readPickle(what, pickle, isTensorGlobal))) {
    try {
      partition.tensors.set(name, await openTensor(file, name, value));
    } catch (error) {
      if (!(error instanceof Failure) || error.name !== 'UnsupportedFormat') throw error;
      partition.unreadable.set(name, error);
    }
  }
  return partition;
}

/** Files of torch before 1.6 (or of `_use_new_zipfile_serialization=False`) are bare pickles. */
async function requireZip({ key, sizeBytes, read }: ObjectSource): Promise<void> {
  const head = await read(0, Math.min(sizeBytes, 4));
  if (head[0] === 0x50 && head[1] === 0x4b) return;
  if (head[0] === 0x80) {
    const remedy = 'write it again with torch.save(torch.load(path, weights_only=True), path) of PyTorch 1.6 or newer';
    throw new Failure('UnsupportedFormat', `${key}: saved in the format of PyTorch before 1.6; ${remedy}`);
  }
  throw new Failure('PartitionCorrupt', `${key}: not a file of torch.save (its first bytes are no zip file's)`);
}

/** The entries of the one folder that all lie in, by their names there. */
function topFolder(all: ZipEntry[]) {
  const pickle = all.find((entry) => /^[^/]+\/data\.pkl$/.test(entry.name));
  const folder = pickle?.name.slice(0, -'data.pkl'.length) ?? '';
  const inside = all.filter((entry) => entry.name.startsWith(folder));
  return new Map(inside.map((entry) => [entry.name.slice(folder.length), entry]));
}

async function readEntry(object: ObjectSource, entries: Map<string, ZipEntry>, name: string): Promise<Uint8Array> {
  const data = await storedEntry(object, entries, name, `${object.key}: ${name}`);
  const bytes = await object.read(data.start, data.start + data.entry.sizeBytes);
  requireChecksum(data.entry, data.what, crc32(bytes));
  return bytes;
}

async function storedEntry(
  object: ObjectSource,
  entries: Map<string, ZipEntry>,
  name: string,
  what: string,
): Promise<ZipData> {
  const entry = entries.get(name);
  if (!entry) throw new Failure('PartitionCorrupt', `${what}: the zip has no entry ${name}; save it again`);
  if (entry.method !== 0)
    throw new Failure('UnsupportedFormat', `${what}: it was compressed; use the file as torch.save wrote it`);
  return locate(object, entry, what);
}

/** The tensors of what was saved, by name. */
function namedValues(what: string, root: PickleValue): [string, PickleValue][] {
  const numbered = (items: PickleValue[]) => items.map((item, i): [string, PickleValue] => [`tensor_${i}`, item]);
  if (isTensor(root)) return numbered([root]);
  if (isDict(root)) {
    const isName = (name: PickleValue) => typeof name === 'string' || typeof name === 'number';
    return root.entries.flatMap(([name, item]) =>
      isName(name) ? [[String(name), item] as [string, PickleValue]] : [],
    );
  }
  if (isSequence(root)) return numbered(root.items);
  const state = isObject(root) && root.global === TENSOR_DATASET && root.state ? root.state : null;
  const tensors = isDict(state) ? state.entries.find(([name]) => name === 'tensors')?.[1] : undefined;
  if (tensors && isSequence(tensors)) return numbered(tensors.items);
  throw noTensor(what, root);
}

async function openTensor(file: TorchFile, name: string, value: PickleValue): Promise<PartitionTensor> {
  const { object, entries, bigEndian } = file;
  const what = `${object.key}: tensor ${name}`;
  if (!isTensor(value)) throw noTensor(what, value);
  const tensor = readTensor(what, value);
  const { dtype, shape } = tensor;
  const bytes = tensorBytes(dtype, shape);
  if (bytes > MAX_EXPANSION * object.sizeBytes) {
    const why = `${formatShape(shape)} repeats a few numbers ${bytes} bytes long; save x.contiguous()`;
    throw new Failure('UnsupportedFormat', `${what}: ${why}`);
  }
  const data = await storedEntry(object, entries, `data/${tensor.storage}`, what);
  if (data.entry.sizeBytes < tensor.storageBytes) {
    const why = `its storage has ${data.entry.sizeBytes} bytes, not ${tensor.storageBytes}`;
    throw new Failure('PartitionTruncated', `${what}: ${why}; write or upload it again`);
  }
  return { name, dtype, shape, bigEndian, ...placement(object, data, tensor, bytes) };
}

/** How the bytes are read: in one piece where they lie so, else by strides. */
function placement(object: ObjectSource, data: ZipData, tensor: TorchTensor, bytes: number) {
  const start = data.start + tensor.offset * itemBytes[tensor.dtype];
  if (!isContiguous(tensor)) return { range: undefined, bytes: () => stridedBytes(object, start, tensor) };
  const range = { start, end: start + bytes };
  // Only the checksum of the whole storage is known.
  if (bytes !== data.entry.sizeBytes)
    return { range, bytes: (place?: Place) => object.stream(range.start, range.end, place) };
  return {
    range,
    bytes: (place?: Place) => entryBytes(object, data, place),
    verify: (all: Uint8Array) => requireChecksum(data.entry, data.what, crc32(all)),
  };
}
