import { Failure } from '../failure.ts';
import type { ObjectSource, Place } from '../s3/object-source.ts';
import { datasetRows, datasetTexts } from './hdf5-data.ts';
import { ask, type Hdf5File, type Hdf5Library, type Hdf5Metadata, openHdf5File } from './hdf5-file.ts';
import { type Dtype, formatShape, type Partition, type PartitionTensor, TEXT_BYTES, tensorBytes } from './partition.ts';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** Larger blocks before a file are not looked for. */
const MOST_USER_BLOCK_BYTES = 64 * 1024;
const MAX_TENSORS = 16_384;
/** Deflate packs a thousand bytes into one at most. What is not stored at all reads as its fill value. */
const MOST_EXPANSION = 1_100;
const EXPANDED_BYTES = 64 * 1024 * 1024;

/**
 * HDF5: each data set of numbers is a tensor, named by its path without the slash at its beginning (`photo/flux`), one of
 * strings is text. Read by the HDF Group's library, compiled to WebAssembly (h5wasm).
 * https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
 */
export async function openHdf5(object: ObjectSource): Promise<Partition> {
  const { key, sizeBytes } = object;
  if (!(await isHdf5(object)))
    throw new Failure('PartitionCorrupt', `${key}: not an HDF5 file (it does not begin with \\x89HDF)`);
  const file = await openHdf5File(object);
  object.onClose(file.close);
  if (file.paths.length > MAX_TENSORS) {
    const why = `${file.paths.length} groups and data sets; more than ${MAX_TENSORS} are not read`;
    throw new Failure('PartitionCorrupt', `${key}: ${why}`);
  }
  const partition: Partition = { tensors: new Map(), unreadable: new Map() };
  for (const path of file.paths) {
    const what = `${key}: tensor ${path}`;
    try {
      const tensor = openDataset(file, path, what, sizeBytes);
      if (tensor) partition.tensors.set(path, tensor);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      partition.unreadable.set(path, error);
    }
  }
  return partition;
}

/** A program may have put a block of its own before the file, of 512 bytes or a power of two times that: MATLAB does. */
async function isHdf5({ sizeBytes, read }: ObjectSource): Promise<boolean> {
  for (let at = 0; at + SIGNATURE.length <= sizeBytes && at <= MOST_USER_BLOCK_BYTES; at = at * 2 || 512) {
    const bytes = await read(at, at + SIGNATURE.length);
    if (SIGNATURE.every((byte, i) => bytes[i] === byte)) return true;
  }
  return false;
}

/** @returns undefined for a group. */
function openDataset(file: Hdf5File, path: string, what: string, sizeBytes: number): PartitionTensor | undefined {
  const { library, id } = file;
  const refuse = (why: string) => new Failure('UnsupportedFormat', `${what}: ${why}`);
  const type = ask(what, () => library.get_type(id, path));
  if (type === library.H5G_GROUP) return undefined;
  if (type === library.H5G_LINK || type === library.H5G_UDLINK)
    throw refuse('a link that leads nowhere or to another file; copy the data into this one');
  if (type !== library.H5G_DATASET) throw refuse('not a data set');
  const metadata = ask(what, () => library.get_dataset_metadata(id, path));
  const { shape } = metadata;
  if (!shape) throw refuse('a data set without a shape; leave it out');
  if (metadata.virtual_sources)
    throw refuse('a virtual data set, which lies in other files; copy the data into this one');
  const filters = ask(what, () => library.get_dataset_filters(id, path));
  // Numbers of fewer bits than their bytes have (n-bit) would come out without their sign.
  const { H5Z_FILTER_NBIT, H5Z_FILTER_SCALEOFFSET } = library;
  const unknown = filters.find((filter) => filter.id > H5Z_FILTER_SCALEOFFSET || filter.id === H5Z_FILTER_NBIT);
  if (unknown)
    throw refuse(`compressed with ${unknown.name || `filter ${unknown.id}`}; write it with gzip, or without`);
  const dataset = { file, path, metadata, shape, what };
  if (metadata.type === library.H5T_class_t.H5T_STRING.value) {
    if (shape.length !== 1)
      throw refuse(`text of shape ${formatShape(shape)}; a text serves as id, one for each sample`);
    const bytes = () => datasetTexts(dataset);
    return { name: path, dtype: 'text', shape: [shape[0] ?? 0, TEXT_BYTES], bigEndian: false, range: undefined, bytes };
  }
  const dtype = dtypeOf(library, metadata);
  if (!dtype) throw refuse(`${kindOf(library, metadata)}; save it as an array of numbers`);
  const total = tensorBytes(dtype, shape);
  if (!Number.isSafeInteger(total) || total > Math.max(EXPANDED_BYTES, sizeBytes * MOST_EXPANSION)) {
    const why = `${dtype} ${formatShape(shape)} is more than a file of ${sizeBytes} bytes can hold`;
    throw new Failure('PartitionCorrupt', `${what}: ${why}; write or upload it again`);
  }
  const bytes = (place?: Place) => datasetRows(dataset, dtype, 0, place);
  const bytesFrom = (row: number) => datasetRows(dataset, dtype, row);
  // The library gives numbers in the order of this machine, unless they have names.
  const bigEndian = metadata.type === library.H5T_class_t.H5T_ENUM.value && !metadata.littleEndian;
  return { name: path, dtype, shape, bigEndian, range: undefined, bytes, bytesFrom };
}

const floats: Record<number, Dtype> = { 2: 'float16', 4: 'float32', 8: 'float64' };
const signed: Record<number, Dtype> = { 1: 'int8', 2: 'int16', 4: 'int32', 8: 'int64' };
const unsigned: Record<number, Dtype> = { 1: 'uint8', 2: 'uint16', 4: 'uint32', 8: 'uint64' };

function dtypeOf({ H5T_class_t: classes }: Hdf5Library, { type, size, signed: hasSign, enum_type }: Hdf5Metadata) {
  if (type === classes.H5T_FLOAT.value) return floats[size];
  // h5py writes booleans as an enumeration of these two.
  const names = Object.keys(enum_type?.members ?? {});
  if (type === classes.H5T_ENUM.value && size === 1 && names.sort().join() === 'FALSE,TRUE') return 'bool';
  if (type !== classes.H5T_INTEGER.value && type !== classes.H5T_ENUM.value) return undefined;
  return (hasSign ? signed : unsigned)[size];
}

function kindOf({ H5T_class_t: classes }: Hdf5Library, { type, size }: Hdf5Metadata): string {
  if (type === classes.H5T_COMPOUND.value) return 'of a compound type (complex numbers, or fields of a table)';
  if (type === classes.H5T_VLEN.value) return 'of rows of different lengths';
  return `of HDF5's type class ${type}, ${size} bytes each`;
}
