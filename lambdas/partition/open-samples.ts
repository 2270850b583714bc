import type { PartitionRequest } from '../../lib/domain/partition-job.ts';
import { option, says } from '../../lib/domain/partition-message.ts';
import { type ByteReader, openByteReader } from '../formats/byte-reader.ts';
import { openPartition } from '../formats/open-partition.ts';
import { formatShape, type Partition, type PartitionTensor, tensorBytes } from '../formats/partition.ts';
import { toNumbers } from '../inference/tensor-data.ts';
import type { ObjectSource } from '../s3/object-source.ts';
import { commonTensors, floatTensor } from './common-tensors.ts';
import { Refusal } from './refusal.ts';
import type { Samples, SampleTensor } from './samples.ts';
import type { SourceFile } from './source-files.ts';
import { type EnterableTensor, openSpool, type Spool } from './spool.ts';

/** Files are opened when their rows are asked for; this many stay open. */
const FILES_OPEN = 16;
const PIECE_BYTES = 512 * 1024;
/** More columns than these, where they can be entered at any row, are not kept open. */
const COLUMNS_OPEN = 16;

interface OpenFile {
  object: ObjectSource;
  partition: Partition;
  /** Where the reading of tensors that cannot be entered in the middle stands. */
  cursors: Map<string, { reader: ByteReader; row: number }>;
  /** For a table of many columns, or of several that are stored row by row. */
  spool: Spool | undefined;
}

/** Opens each file once to see that all hold the same tensors. */
export async function openSamples(files: SourceFile[], only: PartitionRequest['tensors']): Promise<Samples> {
  const starts: number[] = [];
  let tensors: SampleTensor[] | undefined;
  let total = 0;
  for (const file of files) {
    const opened = await openFile(file);
    const found = sampleTensors(file.name, opened.partition, only);
    await closeFile(opened);
    tensors = commonTensors(files[0]?.name ?? '', tensors ?? found.tensors, file.name, found.tensors);
    starts.push(total);
    total += found.count;
  }
  if (!tensors || total === 0) {
    const where = files.length === 1 ? files[0]?.name : `the ${files.length} files`;
    throw new Refusal('source', `${where}: there are no samples in it (0 rows); nothing to split`);
  }

  const open = new Map<number, OpenFile>();
  async function fileAt(index: number): Promise<OpenFile> {
    const known = open.get(index);
    if (known) return known;
    const [oldest] = open;
    if (oldest && open.size >= FILES_OPEN) {
      open.delete(oldest[0]);
      await closeFile(oldest[1]);
    }
    const opened = await openFile(files[index] as SourceFile, tensors);
    open.set(index, opened);
    return opened;
  }

  return {
    count: total,
    tensors,
    async *rows(tensor, first, count) {
      const last = first + count;
      for (let index = 0; index < files.length; index++) {
        const start = starts[index] as number;
        const end = starts[index + 1] ?? total;
        if (end <= first || start >= last) continue;
        const from = Math.max(first, start) - start;
        yield* fileRows(await fileAt(index), tensor.name, from, Math.min(last, end) - start - from);
      }
    },
    async close() {
      for (const file of open.values()) await closeFile(file);
      open.clear();
    },
  };
}

/** @param wanted the tensors that are read, as those of all files are; none where they are only looked at. */
async function openFile(file: SourceFile, wanted: SampleTensor[] = []): Promise<OpenFile> {
  const object = file.open();
  const partition = await openPartition(object);
  for (const { name, dtype } of wanted) {
    const tensor = partition.tensors.get(name);
    if (tensor && tensor.dtype !== dtype)
      partition.tensors.set(name, floatTensor(`${file.name}: tensor ${name}`, tensor));
  }
  // Others may have other numbers of rows.
  const columns = wanted.flatMap(({ name }) => partition.tensors.get(name) ?? []).filter(isEnterable);
  const { isByRow = false } = partition;
  const spool =
    columns.length > (isByRow ? 1 : COLUMNS_OPEN)
      ? openSpool(columns, (name, row) => short(object, name, row), { isByRow })
      : undefined;
  return { object, partition, cursors: new Map(), spool };
}

const isEnterable = (tensor: PartitionTensor): tensor is EnterableTensor => tensor.bytesFrom !== undefined;

const short = ({ key }: ObjectSource, tensor: string, row: number) =>
  new Refusal('source', `${key}: tensor ${tensor} ends before row ${row}; write it again`);

async function closeFile({ object, cursors, spool }: OpenFile): Promise<void> {
  await spool?.close();
  for (const { reader } of cursors.values()) await reader.close();
  await object.close();
}

/** More names are not read. */
const MOST_NAMED = 40;

/** What is to be split of a file: all its tensors, or those that were named. All have one row per sample. */
function sampleTensors(file: string, { tensors, unreadable }: Partition, only: string[] | null) {
  const readable = () => {
    const names = [...tensors.keys()];
    const more = names.length > MOST_NAMED ? `,… (${names.length - MOST_NAMED} more)` : '';
    return option('tensors', `${names.slice(0, MOST_NAMED).join(',')}${more}`);
  };
  const chosen = (only ?? [...tensors.keys(), ...unreadable.keys()]).map((name): PartitionTensor => {
    const failure = unreadable.get(name);
    if (failure) {
      // Where nothing else is there to keep to, it is the file that has to change.
      const why = only || tensors.size === 0 ? failure.message : says`${failure.message}; or keep to ${readable()}`;
      throw new Refusal(tensors.size === 0 ? 'source' : 'tensors', why);
    }
    const tensor = tensors.get(name);
    if (tensor) return tensor;
    throw new Refusal('tensors', `${file}: there is no tensor ${name}; it has ${[...tensors.keys()].join(', ')}`);
  });
  if (chosen.length === 0) throw new Refusal('source', `${file}: there is no tensor in it; nothing to split`);
  const counts = new Map<number | undefined, PartitionTensor[]>();
  for (const tensor of chosen) counts.set(tensor.shape[0], [...(counts.get(tensor.shape[0]) ?? []), tensor]);
  if (counts.size > 1 || counts.has(undefined)) {
    const usual = [...counts].sort((a, b) => b[1].length - a[1].length)[0]?.[1][0] as PartitionTensor;
    const odd = chosen.find(({ shape }) => shape.length === 0 || shape[0] !== usual.shape[0]) ?? usual;
    const same = chosen.filter(({ shape }) => shape.length > 0 && shape[0] === usual.shape[0] && usual !== odd);
    const remedy =
      same.length > 0
        ? says`keep to ${option('tensors', same.map(({ name }) => name).join(','))}`
        : 'save it as an array';
    const than = usual === odd ? '' : `, ${usual.name} is ${formatShape(usual.shape)}`;
    throw new Refusal(
      'tensors',
      says`${file}: tensor ${odd.name} is ${formatShape(odd.shape)}${than}: each must have one row per sample; ${remedy}`,
    );
  }
  return {
    count: chosen[0]?.shape[0] ?? 0,
    tensors: chosen.map(({ name, dtype, shape }): SampleTensor => ({ name, dtype, shape: shape.slice(1) })),
  };
}

async function* fileRows(file: OpenFile, name: string, first: number, count: number): AsyncGenerator<Uint8Array> {
  const tensor = file.partition.tensors.get(name) as PartitionTensor;
  const bytes = tensorBytes(tensor.dtype, tensor.shape.slice(1));
  // Bytes under a checksum are read from the first to the last one, so that it is compared.
  if (tensor.range && !tensor.verify && !tensor.bigEndian) {
    const start = tensor.range.start + first * bytes;
    const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
    yield* file.object.stream(start, start + count * bytes, () => piece);
    return;
  }
  if (bytes === 0) return;
  if (!file.spool || !isEnterable(tensor)) {
    yield* sequentialRows(file, tensor, bytes, first, count);
    return;
  }
  for await (const piece of file.spool.rows(tensor, first, count)) {
    if (tensor.bigEndian) toNumbers(tensor, piece);
    yield piece;
  }
}

async function* sequentialRows(
  { object, cursors }: OpenFile,
  tensor: PartitionTensor,
  bytes: number,
  first: number,
  count: number,
): AsyncGenerator<Uint8Array> {
  let cursor = cursors.get(tensor.name);
  // It is kept again when it is known to stand at a row.
  cursors.delete(tensor.name);
  if (!cursor || cursor.row > first) {
    await cursor?.reader.close();
    cursor = { reader: openByteReader(tensor.bytes()), row: 0 };
  }
  const { reader, row } = cursor;
  const memory = new Uint8Array(PIECE_BYTES);
  const take = async (wanted: number) => {
    const piece = await reader.take(Math.min(wanted, PIECE_BYTES), (length) => memory.subarray(0, length));
    if (piece) return piece;
    throw short(object, tensor.name, first + count);
  };
  try {
    for (let skip = (first - row) * bytes; skip > 0; ) skip -= (await take(skip)).length;
    for (let left = count * bytes; left > 0; ) {
      const piece = await take(left);
      left -= piece.length;
      if (tensor.bigEndian) toNumbers(tensor, piece);
      yield piece;
    }
    cursors.set(tensor.name, { reader, row: first + count });
  } finally {
    if (!cursors.has(tensor.name)) await reader.close();
  }
}
