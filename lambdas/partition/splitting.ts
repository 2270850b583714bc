import type { DataFileExtension } from '../../lib/domain/keys.ts';
import type { PartitionCut, PartitionFormat, PartitionRequest } from '../../lib/domain/partition-job.ts';
import { option, says } from '../../lib/domain/partition-message.ts';
import { formatShape } from '../formats/partition.ts';
import { csvSamples } from './csv-samples.ts';
import { type CsvTable, scanCsv } from './csv-table.ts';
import { npyOutput } from './npy-output.ts';
import { npzOutput } from './npz-output.ts';
import { openSamples } from './open-samples.ts';
import type { OpenOutput, Output, Sink } from './output.ts';
import { parquetOutput } from './parquet-output.ts';
import { Refusal } from './refusal.ts';
import { safetensorsOutput } from './safetensors-output.ts';
import type { Samples, SampleTensor } from './samples.ts';
import type { Source } from './source-files.ts';

/** What becomes of a source: how it is cut, and how each partition is written. */
export interface Splitting {
  format: PartitionFormat;
  /** Of each partition; bytes are the most that it may have. */
  partitions: { samples: number; bytes: number }[];
  count: number;
  tensors: SampleTensor[];
  notes: string[];
  write(sink: Sink, index: number): Promise<void>;
  close(): Promise<void>;
}

const outputs: Record<Exclude<PartitionFormat, 'csv'>, OpenOutput> = {
  safetensors: safetensorsOutput,
  npy: npyOutput,
  npz: npzOutput,
  parquet: parquetOutput,
};

const formatOf: Record<DataFileExtension, PartitionFormat> = {
  safetensors: 'safetensors',
  npy: 'npy',
  npz: 'npz',
  pt: 'safetensors',
  pth: 'safetensors',
  parquet: 'parquet',
  csv: 'csv',
  h5: 'safetensors',
  hdf5: 'safetensors',
  fits: 'safetensors',
};

/** More files than this would be a mistake in a unit. */
const MOST_PARTITIONS = 100_000;

/** @param onBytes is told how much of a source was scanned whose rows have no fixed size. */
export async function openSplitting(
  source: Source,
  cut: PartitionCut,
  { format: wanted, tensors: only }: Pick<PartitionRequest, 'format' | 'tensors'>,
  onBytes: (bytes: number) => void,
): Promise<Splitting> {
  const { extension, files } = source;
  const format = wanted ?? formatOf[extension];
  const notes = [...changedFormat(extension, format, wanted)];
  if (format === 'csv') {
    if (extension !== 'csv')
      throw new Refusal(
        'format',
        says`${option('format', 'csv')} is written from CSV only, not from .${extension}; choose parquet`,
      );
    if (only)
      throw new Refusal(
        'tensors',
        says`${option('tensors')} cannot be used from CSV to CSV: its lines are copied as they are`,
      );
    return splitCsv(source, cut, onBytes);
  }
  const table = extension === 'csv' ? await scanCsv(files, { samples: Number.MAX_SAFE_INTEGER }, onBytes) : undefined;
  const samples = table ? csvSamples(files, table, only) : await openSamples(files, only);
  if (table) notes.push(...lostZeros(table, samples));
  const output = await outputs[format](samples);
  const counts = cutEvenly(samples, output, cut);
  const starts = counts.map((_, i) => i * (counts[0] as number));
  return {
    format,
    partitions: counts.map((count, i) => ({ samples: count, bytes: output.fileBytes(count, starts[i]) })),
    count: samples.count,
    // A text counts as one value, however its bytes are kept.
    tensors: samples.tensors.map((tensor) => (tensor.dtype === 'text' ? { ...tensor, shape: [] } : tensor)),
    notes,
    write: (sink, index) => output.write(sink, starts[index] as number, counts[index] as number),
    close: () => samples.close(),
  };
}

/** Rows of CSV are copied as they are: no digit and no text changes. */
async function splitCsv({ files }: Source, cut: PartitionCut, onBytes: (bytes: number) => void): Promise<Splitting> {
  const { header, columns, count, partitions } = await scanCsv(files, cut, onBytes);
  const bytes = partitions.reduce((sum, partition) => sum + partition.bytes, 0);
  requireMoreThanOne(partitions.length, bytes, count, cut);
  return {
    format: 'csv',
    partitions,
    count,
    tensors: columns.map(({ name, dtype }) => ({ name, dtype, shape: [] })),
    notes: [],
    async write(sink, index) {
      await sink(header);
      for (const { file, start, end } of partitions[index]?.pieces ?? []) {
        const object = file.open();
        try {
          for await (const piece of object.stream(start, end)) await sink(piece);
        } finally {
          await object.close();
        }
      }
    },
    close: async () => {},
  };
}

/** Ids such as 00123 are numbers in every format but CSV. */
function* lostZeros({ columns }: CsvTable, { tensors }: Samples): Generator<string> {
  const padded = columns.filter(({ isPadded, dtype }) => isPadded && dtype !== 'text').map(({ name }) => name);
  const names = padded.filter((padded) => tensors.some(({ name }) => name === padded));
  if (names.length > 0)
    yield `Zeros and plus signs before numbers are lost in column ${names.join(', ')}: keep to CSV if it holds ids.`;
}

/** Samples of each partition: as many as fit, the last one has the rest. */
function cutEvenly(samples: Samples, output: Output, cut: PartitionCut): number[] {
  const most = 'samples' in cut ? cut.samples : mostSamples(samples, output, cut);
  const count = Math.ceil(samples.count / most);
  requireMoreThanOne(count, output.fileBytes(samples.count), samples.count, cut);
  if (count > MOST_PARTITIONS) {
    const larger = option('samples' in cut ? 'samples' : 'size');
    throw new Refusal(
      'cut',
      says`This makes ${count} partitions, more than ${MOST_PARTITIONS}; choose a larger ${larger}`,
    );
  }
  return Array.from({ length: count }, (_, i) => Math.min(most, samples.count - i * most));
}

function mostSamples({ tensors, count }: Samples, output: Output, cut: { sizeBytes: number; text: string }): number {
  const one = output.fileBytes(1);
  if (one > cut.sizeBytes) {
    const shapes = tensors.map(({ name, dtype, shape }) => `${name} ${dtype} ${formatShape(shape)}`).join(', ');
    const why = says`a file of one sample (${shapes}) has ${one} bytes, more than ${option('size', cut.text)}`;
    throw new Refusal('cut', says`${why}; choose a larger size`);
  }
  let most = 1;
  for (let tooMany = count + 1; tooMany - most > 1; ) {
    const middle = Math.floor((most + tooMany) / 2);
    if (output.fileBytes(middle) <= cut.sizeBytes) most = middle;
    else tooMany = middle;
  }
  return most;
}

function requireMoreThanOne(partitions: number, bytes: number, samples: number, cut: PartitionCut): void {
  if (partitions > 1 || 'samples' in cut) return;
  throw new Refusal(
    'cut',
    says`All the data is ${bytes} bytes, which is less than one partition with ${option('size', cut.text)}; choose a smaller size, or ${option('samples', String(samples))} for one partition`,
  );
}

function changedFormat(
  extension: DataFileExtension,
  format: PartitionFormat,
  wanted: PartitionFormat | null,
): string[] {
  if (extension === format) return [];
  const why = wanted ? '' : ': files of that format are read, not written';
  return [`.${extension} is written as .${format}${why}.`];
}
