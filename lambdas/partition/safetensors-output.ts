import { option, says } from '../../lib/domain/partition-message.ts';
import { layoutSafetensors, type TensorDtype } from '../../lib/domain/safetensors.ts';
import { type Dtype, itemBytes } from '../formats/partition.ts';
import { type OpenOutput, unfit, writeTensors } from './output.ts';
import { rowBytes, type SampleTensor } from './samples.ts';

const codes: Record<Dtype, TensorDtype | undefined> = {
  text: undefined,
  bool: 'BOOL',
  uint8: 'U8',
  int8: 'I8',
  uint16: 'U16',
  int16: 'I16',
  uint32: 'U32',
  int32: 'I32',
  uint64: 'U64',
  int64: 'I64',
  float16: 'F16',
  bfloat16: 'BF16',
  float32: 'F32',
  float64: 'F64',
};

/**
 * safetensors: wide types first, so that each tensor is aligned and can be read where it was received. Of one type small
 * rows first: ids, truths and magnitudes then come with the head of the file, by the GET that goes on with the images.
 */
export const safetensorsOutput: OpenOutput = (samples) => {
  const tensors = samples.tensors
    .map((tensor) => ({ tensor, dtype: codeOf(tensor) }))
    .sort(({ tensor: a }, { tensor: b }) => itemBytes[b.dtype] - itemBytes[a.dtype] || rowBytes(a) - rowBytes(b));
  const layout = (count: number) =>
    layoutSafetensors(
      tensors.map(({ tensor, dtype }) => ({ name: tensor.name, dtype, shape: [count, ...tensor.shape] })),
    );
  const inOrder = tensors.map(({ tensor }) => tensor);
  // Of the header only the number of digits in it changes with the count.
  const sampleBytes = inOrder.reduce((sum, tensor) => sum + rowBytes(tensor), 0);
  return {
    extension: 'safetensors',
    fileBytes: (count) => layout(count).header.length + count * sampleBytes,
    async write(sink, first, count) {
      await sink(layout(count).header);
      await writeTensors(samples, inOrder, first, count, sink);
    },
  };
};

function codeOf({ name, dtype }: SampleTensor): TensorDtype {
  const code = codes[dtype];
  if (code) return code;
  throw unfit(
    name,
    'it holds text, which safetensors cannot',
    says`leave it out with ${option('tensors')}, or choose ${option('format', 'parquet')}`,
  );
}
