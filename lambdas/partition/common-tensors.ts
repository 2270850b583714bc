import { option, says } from '../../lib/domain/partition-message.ts';
import { openByteReader } from '../formats/byte-reader.ts';
import { exactFloat } from '../formats/exact-float.ts';
import { formatShape, itemBytes, type PartitionTensor } from '../formats/partition.ts';
import { toNumbers } from '../inference/tensor-data.ts';
import { Refusal } from './refusal.ts';
import type { SampleTensor } from './samples.ts';

/** Values that are converted together. */
const PIECE_VALUES = 65_536;

/**
 * The tensors of the files before, and of one more file. Integers in some files and float64 in others are float64: that
 * is how a column is written, or read, in which a file has missing values.
 */
export function commonTensors(
  firstFile: string,
  first: SampleTensor[],
  file: string,
  tensors: SampleTensor[],
): SampleTensor[] {
  const inWords = (tensor: SampleTensor | undefined) =>
    tensor ? `${tensor.dtype} ${formatShape(['n', ...tensor.shape])}` : 'not there';
  const names = new Set([...first, ...tensors].map(({ name }) => name));
  return [...names].map((name) => {
    const [a, b] = [first, tensors].map((all) => all.find((tensor) => tensor.name === name));
    if (a && inWords(a) === inWords(b)) return a;
    const float = [a, b].find((tensor) => tensor?.dtype === 'float64');
    if (a && b && float && isWhole(a, b) && formatShape(a.shape) === formatShape(b.shape)) return float;
    const why = `tensor ${name} is ${inWords(b)}, in ${firstFile} it is ${inWords(a)}`;
    throw new Refusal(
      'source',
      says`${file}: ${why}; put files with the same tensors in a folder, or name them in ${option('tensors')}`,
    );
  });
}

/** Whether one of them holds integers or booleans. */
const isWhole = (...tensors: SampleTensor[]) => tensors.some(({ dtype }) => /^(u?int|bool)/.test(dtype));

/** A tensor of integers or booleans as float64. @param what begins the messages: `galaxies/3.parquet: tensor id`. */
export function floatTensor(what: string, tensor: PartitionTensor): PartitionTensor {
  const width = tensor.shape.slice(1).reduce((product, length) => product * length, 1);
  const values = (tensor.shape[0] ?? 0) * width;
  const { bytesFrom } = tensor;
  return {
    name: tensor.name,
    dtype: 'float64',
    shape: tensor.shape,
    bigEndian: false,
    range: undefined,
    bytes: () => floats(tensor.bytes(), 0),
    ...(bytesFrom ? { bytesFrom: (row) => floats(bytesFrom(row), row * width) } : {}),
  };

  async function* floats(bytes: AsyncIterable<Uint8Array>, from: number): AsyncGenerator<Uint8Array> {
    const reader = openByteReader(bytes);
    try {
      for (let value = from; value < values; value += PIECE_VALUES) {
        const piece = await reader.take(Math.min(PIECE_VALUES, values - value) * itemBytes[tensor.dtype]);
        // Who reads says where it ends.
        if (!piece) return;
        const numbers = toNumbers(tensor, piece);
        yield new Uint8Array(
          Float64Array.from(numbers as ArrayLike<number | bigint>, (number, i) => {
            const float = exactFloat(number);
            if (float === undefined) throw rounded(number, Math.floor((value + i) / width));
            return float;
          }).buffer,
        );
      }
    } finally {
      await reader.close();
    }
  }

  function rounded(value: number | bigint, row: number): Refusal {
    const why = `row ${row} holds ${value}, which would be rounded: the tensor is float64 in other files`;
    return new Refusal('source', `${what}: ${why}; write it with one type in all, as text if it is an id`);
  }
}
