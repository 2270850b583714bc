import { DATA_FILE_EXTENSIONS, type DataFileExtension, dataFileExtension } from '../../lib/domain/keys.ts';
import { Failure } from '../failure.ts';
import type { ObjectSource } from '../s3/object-source.ts';
import { openNpy } from './npy.ts';
import type { Partition } from './partition.ts';
import { openSafetensors } from './safetensors.ts';

/** What only some data sets need is loaded when it is needed, so that a cold start does not read it. */
const openNpz: Opener = async (object) => (await import('./npz.ts')).openNpz(object);
const openTorch: Opener = async (object) => (await import('./torch.ts')).openTorch(object);
const openParquet: Opener = async (object) => (await import('./parquet.ts')).openParquet(object);
const openHdf5: Opener = async (object) => (await import('./hdf5.ts')).openHdf5(object);
const openFits: Opener = async (object) => (await import('./fits.ts')).openFits(object);
const openCsv: Opener = async (object) => (await import('./csv.ts')).openCsv(object);
const openers: Record<DataFileExtension, Opener> = {
  safetensors: openSafetensors,
  npy: openNpy,
  npz: openNpz,
  pt: openTorch,
  pth: openTorch,
  parquet: openParquet,
  csv: openCsv,
  h5: openHdf5,
  hdf5: openHdf5,
  fits: openFits,
};
type Opener = (object: ObjectSource) => Promise<Partition>;

/** Reads what a data file holds: tensors with type and shape. Failures begin with the file's key. */
export async function openPartition(object: ObjectSource): Promise<Partition> {
  const extension = dataFileExtension(object.key);
  if (!extension) {
    const known = DATA_FILE_EXTENSIONS.map((e) => `.${e}`).join(', ');
    throw new Failure('UnsupportedFormat', `${object.key}: not a data file; these are read: ${known}`);
  }
  if (object.sizeBytes === 0) throw new Failure('PartitionTruncated', `${object.key}: the file is empty (0 bytes)`);
  try {
    return await openers[extension](object);
  } catch (error) {
    // DataView's complaint: a length or offset in the file points outside of what it describes.
    if (!(error instanceof RangeError)) throw error;
    const message = `${object.key}: its directory or header is damaged (${error.message})`;
    throw new Failure('PartitionCorrupt', message, { cause: error });
  }
}
