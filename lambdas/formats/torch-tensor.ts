import { Failure } from '../failure.ts';
import { type Dtype, itemBytes } from './partition.ts';
import { PERSISTENT } from './pickle.ts';
import {
  describeValue,
  isDict,
  isGlobal,
  isObject,
  isSequence,
  type PickleObject,
  type PickleValue,
} from './pickle-value.ts';
import { extent, type Layout } from './strided.ts';

/** A tensor as the pickle of torch.save describes it. */
export interface TorchTensor extends Layout {
  /** Name of the storage: the file `data/<storage>` of the zip. */
  storage: string;
  /** Bytes that the storage must have. */
  storageBytes: number;
  /** First element of the tensor in its storage. */
  offset: number;
}

/** Classes of typed storages. Those without a dtype are refused where one of their tensors is needed. */
const storages: Record<string, Dtype | undefined> = {
  FloatStorage: 'float32',
  DoubleStorage: 'float64',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
  ComplexFloatStorage: undefined,
  ComplexDoubleStorage: undefined,
};
/** Dtypes as torch names them, read or not. */
const dtypeName = /^torch\.((float|bfloat|u?int|complex|q?u?int)\d\w*|bool|half|double)$/;
const UNTYPED = 'torch.storage.UntypedStorage';
const REBUILD = ['torch._utils._rebuild_tensor', 'torch._utils._rebuild_tensor_v2', 'torch._utils._rebuild_tensor_v3'];
const PARAMETER = 'torch._utils._rebuild_parameter';
export const TENSOR_DATASET = 'torch.utils.data.dataset.TensorDataset';

/** The globals that a file of tensors needs; it may hold no other. */
export function isTensorGlobal(name: string): boolean {
  if (REBUILD.includes(name) || dtypeName.test(name) || storageClass(name) !== undefined) return true;
  return [PARAMETER, TENSOR_DATASET, UNTYPED, 'torch.Size', 'collections.OrderedDict'].includes(name);
}

function storageClass(name: string): string | undefined {
  const found = /^torch\.(?:cuda\.)?(\w+)$/.exec(name)?.[1];
  return found !== undefined && Object.hasOwn(storages, found) ? found : undefined;
}

export const isTensor = (value: PickleValue): value is PickleObject =>
  isObject(value) && (REBUILD.includes(value.global) || value.global === PARAMETER);

/**
 * A tensor out of its pickle.
 * @param what begins the messages: `datasets/x/3.pt: tensor image`.
 * @throws UnsupportedFormat where this system has no such type, PartitionCorrupt where it is described wrongly.
 */
export function readTensor(what: string, value: PickleObject, depth = 0): TorchTensor {
  const [first, ...rest] = value.args;
  if (value.global === PARAMETER) {
    if (depth === 0 && first !== undefined && isTensor(first)) return readTensor(what, first, 1);
    throw damaged(what, 'the parameter holds no tensor');
  }
  const [offset, size, stride] = [counts([rest[0]]), counts(sizes(rest[1])), counts(sizes(rest[2]))];
  if (!offset || !size || !stride || size.length !== stride.length) throw damaged(what, 'its shape is none');
  const dtypeGlobal = value.global.endsWith('_v3') ? rest[5] : undefined;
  const metadata = rest[value.global.endsWith('_v3') ? 6 : 5];
  if (isNegated(metadata)) throw refused(what, 'a view with its sign to be turned (conj); save x.resolve_neg()');
  const { dtype, ...storage } = readStorage(what, first, dtypeGlobal);
  const tensor = { dtype, shape: size, stride, offset: offset[0] as number, ...storage };
  const end = (tensor.offset + extent(tensor)) * itemBytes[dtype];
  if (!(end <= storage.storageBytes)) {
    throw damaged(what, `it ends at byte ${end} of a storage of ${storage.storageBytes}`);
  }
  return tensor;
}

function readStorage(what: string, value: PickleValue | undefined, dtypeGlobal: PickleValue | undefined) {
  const id = value !== undefined && isObject(value) && value.global === PERSISTENT ? value.args[0] : undefined;
  const parts = id !== undefined && isSequence(id) ? id.items : [];
  const [tag, type, storage, , elements] = parts;
  const count = counts([elements])?.[0];
  if (
    tag !== 'storage' ||
    type === undefined ||
    !isGlobal(type) ||
    typeof storage !== 'string' ||
    count === undefined
  ) {
    throw damaged(what, 'it has no storage');
  }
  const typed = storageClass(type.name);
  const name = dtypeGlobal !== undefined && isGlobal(dtypeGlobal) ? dtypeGlobal.name : type.name;
  const short = name.slice(name.lastIndexOf('.') + 1);
  // Our names of dtypes are those of torch.
  const own = Object.hasOwn(itemBytes, short) ? (short as Dtype) : undefined;
  const dtype = typed === undefined || dtypeGlobal !== undefined ? own : storages[typed];
  if (!dtype) throw refused(what, `dtype ${name} cannot be read; convert it, x.float()`);
  // The size of an untyped storage is in bytes.
  return { dtype, storage, storageBytes: typed === undefined ? count : count * itemBytes[dtype] };
}

function sizes(value: PickleValue | undefined): (PickleValue | undefined)[] {
  const inner = value !== undefined && isObject(value) && value.global === 'torch.Size' ? value.args[0] : value;
  return inner !== undefined && isSequence(inner) ? inner.items : [undefined];
}

function counts(values: (PickleValue | undefined)[]): number[] | undefined {
  const good = values.every((n) => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0);
  return good && values.length <= 64 ? (values as number[]) : undefined;
}

const isNegated = (metadata: PickleValue | undefined) =>
  metadata !== undefined && isDict(metadata) && metadata.entries.some(([key, on]) => key === 'neg' && on === true);

const damaged = (what: string, why: string) => new Failure('PartitionCorrupt', `${what}: ${why}; save it again`);
const refused = (what: string, why: string) => new Failure('UnsupportedFormat', `${what}: ${why}`);

/** What stands where a tensor is needed. */
export const noTensor = (what: string, value: PickleValue) =>
  refused(what, `it is ${describeValue(value)}, not a tensor; save tensors (torch.as_tensor)`);
