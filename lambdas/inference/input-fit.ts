import type { InputDtype, ModelInput } from '../../lib/domain/model-package.ts';
import { formatShape, type PartitionTensor } from '../formats/partition.ts';
import type { SessionInput } from './session.ts';

/** How the rows of a tensor become those of a model input. */
export interface InputFit {
  dtype: InputDtype;
  /** Shape of one sample as stored and as the model takes it. */
  stored: number[];
  sample: number[];
  /** For each dimension of `taken`: which one of the stored sample it is, where it is cut and how long it is then. */
  taken: { axis: number; start: number; length: number }[];
  /** Place in `taken` of the dimension that lists of scale and offset go along. */
  channel: number;
}

/**
 * How a tensor of the partition feeds an input, or everything that keeps it from that.
 * @returns the problems in words, which begin with what they are about and name no file.
 */
export function fitInput(input: ModelInput, tensor: PartitionTensor, wanted: SessionInput): InputFit | string[] {
  const problems = [...typeProblems(input, tensor, wanted)];
  // The dimensions of a text are none of the data's.
  if (tensor.dtype === 'text') return problems;
  const stored = tensor.shape.slice(1);
  const layout = readLayout(input, stored);
  if (typeof layout === 'string') return [...problems, `tensor ${tensor.name} ${formatShape(tensor.shape)}: ${layout}`];
  const taken = crop(input, stored, layout);
  if (typeof taken === 'string') problems.push(taken);
  // That the first dimension is free is said of the graph (graphProblems).
  const dims = wanted.shape.slice(1);
  const rows = typeof taken === 'string' ? undefined : taken.map(({ length }) => length);
  const changed = `${input.layout?.to ? ` as ${input.layout.to}` : ''}${input.crop && rows ? ` cropped to ${formatShape(rows)}` : ''}`;
  const misfit = (why: string) =>
    `tensor ${tensor.name} ${formatShape(tensor.shape)}${changed} does not fit model input ${input.name} ${formatShape(wanted.shape)}: ${why}`;
  const sample = rows && sampleShape(rows, dims);
  if (rows && !sample) problems.push(misfit(`one sample is ${formatShape(rows)}`));
  if (typeof taken === 'string') return problems;
  problems.push(...listProblems(input, taken[layout.channel]?.length ?? 1));
  if (problems.length > 0 || !sample) return problems;
  return { dtype: input.dtype ?? (wanted.type as InputDtype), stored, sample, taken, channel: layout.channel };
}

function* typeProblems(input: ModelInput, tensor: PartitionTensor, wanted: SessionInput): Generator<string> {
  if (tensor.dtype === 'text') {
    const note = tensor.note ? ` (${tensor.note})` : '';
    yield `tensor ${tensor.name} is text${note}, model input ${input.name} takes numbers; text serves as id only`;
  }
  if (input.dtype !== undefined && input.dtype !== wanted.type)
    yield `input ${input.name} is ${wanted.type} in the ONNX graph but ${input.dtype} in model.json; set "dtype": "${wanted.type}", or leave it out`;
}

interface Layout {
  /** Dimensions of the stored sample in the order in which the model takes them. */
  order: number[];
  /** Places in `order` of what is cropped and of the channels. */
  height: number;
  width: number;
  channel: number;
}

function readLayout({ layout }: ModelInput, stored: number[]): Layout | string {
  const rank = stored.length;
  if (!layout) return { order: stored.map((_, axis) => axis), height: rank - 2, width: rank - 1, channel: 0 };
  const from = layout.from.slice(1);
  if (from.length !== rank)
    return `layout "${layout.from}" names ${from.length + 1} dimensions, the tensor has ${rank + 1}`;
  if (layout.to !== undefined && !layout.to.startsWith('n')) return `layout "${layout.to}" must begin with n`;
  const to = (layout.to ?? layout.from).slice(1);
  const named = to.includes('h') && to.includes('w');
  return {
    order: [...to].map((letter) => from.indexOf(letter)),
    height: named ? to.indexOf('h') : rank - 2,
    width: named ? to.indexOf('w') : rank - 1,
    channel: Math.max(0, to.indexOf('c')),
  };
}

function crop(input: ModelInput, stored: number[], { order, height, width }: Layout): InputFit['taken'] | string {
  const taken = order.map((axis) => ({ axis, start: 0, length: stored[axis] ?? 1 }));
  if (!input.crop) return taken;
  const [cropHeight, cropWidth] = input.crop;
  const rows = taken[height];
  const columns = taken[width];
  if (!rows || !columns || cropHeight > rows.length || cropWidth > columns.length) {
    const why = rows && columns ? `${rows.length} x ${columns.length} pixels` : 'fewer than two dimensions';
    return `cannot crop ${formatShape(stored)} of tensor ${input.tensor} to ${cropHeight} x ${cropWidth}: it has ${why}`;
  }
  taken[height] = { ...rows, start: (rows.length - cropHeight) >> 1, length: cropHeight };
  taken[width] = { ...columns, start: (columns.length - cropWidth) >> 1, length: cropWidth };
  return taken;
}

/** The shape of one sample as the model takes it. [n] and [n, 1] are the same thing. */
function sampleShape(rows: number[], wanted: (number | string)[]): number[] | undefined {
  const fits = (shape: number[]) =>
    shape.length === wanted.length && wanted.every((d, i) => typeof d === 'string' || d === shape[i]);
  const candidates = [rows, [...rows, 1], ...(rows.at(-1) === 1 ? [rows.slice(0, -1)] : [])];
  return candidates.find(fits);
}

function* listProblems(input: ModelInput, channels: number): Generator<string> {
  for (const name of ['scale', 'offset', 'mean', 'std'] as const) {
    const list = input[name];
    if (Array.isArray(list) && list.length !== channels)
      yield `${name} of input ${input.name} has ${list.length} values, tensor ${input.tensor} has ${channels} ${channels === 1 ? 'channel' : 'channels'}`;
  }
}
