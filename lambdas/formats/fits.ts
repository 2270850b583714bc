import { Failure } from '../failure.ts';
import type { ObjectSource, Place } from '../s3/object-source.ts';
import { openByteReader } from './byte-reader.ts';
import { type Hdu, integerOf, isTrue, readHdus, realOf } from './fits-header.ts';
import { PIECE_BYTES } from './fits-rows.ts';
import { columnNames, columnTensor, openHduRows, readTableColumns } from './fits-table.ts';
import { describeValues, type StoredType, type Values } from './fits-values.ts';
import { formatShape, itemBytes, type Partition, type PartitionTensor, tensorBytes } from './partition.ts';

/** Each takes some memory, however few rows there are. */
const MAX_TENSORS = 16_384;

const imageTypes: Record<number, StoredType> = {
  8: 'uint8',
  16: 'int16',
  32: 'int32',
  64: 'int64',
  [-32]: 'float32',
  [-64]: 'float64',
};

/** A tensor that is about to be added: the messages about it begin with `what`. */
type Open = (name: string, what: string) => PartitionTensor;

/**
 * FITS: each image is a tensor in numpy's order of axes, so that the last of its NAXISn counts samples; each column of a
 * binary table is a tensor [rows, …]. An image has the name of its extension, `image` or `hdu_<index>`; a column its own,
 * with that of its extension before it (`SKY.flux`) where the name is taken.
 * https://fits.gsfc.nasa.gov/fits_standard.html
 */
export async function openFits(object: ObjectSource): Promise<Partition> {
  const { key } = object;
  const partition: Partition = { tensors: new Map(), unreadable: new Map(), isByRow: true };
  const { tensors, unreadable } = partition;
  const add = (names: string[], open: Open) => {
    const name = freeName(partition, names);
    try {
      tensors.set(name, open(name, `${key}: tensor ${name}`));
    } catch (error) {
      if (!(error instanceof Failure) || error.name !== 'UnsupportedFormat') throw error;
      unreadable.set(name, error);
    }
    if (tensors.size + unreadable.size > MAX_TENSORS) {
      const why = `more than ${MAX_TENSORS} images and columns are not read; split the file`;
      throw new Failure('UnsupportedFormat', `${key}: ${why}`);
    }
  };
  for await (const hdu of readHdus(object)) addHdu(object, hdu, add);
  if (tensors.size + unreadable.size === 0) {
    throw new Failure('PartitionEmpty', `${key}: there is neither an image nor a table in it; remove the file`);
  }
  return partition;
}

/** The first of these names that no tensor has yet. */
function freeName({ tensors, unreadable }: Partition, names: string[]): string {
  const isFree = (name: string) => !tensors.has(name) && !unreadable.has(name);
  const free = names.find(isFree);
  if (free !== undefined) return free;
  const last = names.at(-1);
  let count = 2;
  while (!isFree(`${last}_${count}`)) count++;
  return `${last}_${count}`;
}

function addHdu(object: ObjectSource, hdu: Hdu, add: (names: string[], open: Open) => void): void {
  const { index, kind, extensionName, axes } = hdu;
  const numbered = `hdu_${index}`;
  const own = [extensionName ?? (index === 0 ? 'image' : numbered), numbered];
  const columnName = (name: string | undefined, number: number) => {
    const column = name ?? `column_${number}`;
    return [column, `${extensionName ?? numbered}.${column}`, `${numbered}.${column}`];
  };
  const refuse = (why: string) => (_: string, what: string) => {
    throw new Failure('UnsupportedFormat', `${what}: ${why}`);
  };
  if (kind === 'IMAGE') {
    // A header alone: most files of tables begin with one.
    if (axes.length === 0) return;
    if (isTrue(hdu, 'GROUPS') && axes[0] === 0) add(own, refuse('random groups; write a binary table'));
    else add(own, (name, what) => imageTensor(object, hdu, name, what));
  } else if (kind === 'BINTABLE' && isTrue(hdu, 'ZIMAGE')) {
    add(own, refuse(compressedImage(object, index)));
  } else if (kind === 'BINTABLE' && isTrue(hdu, 'ZTABLE')) {
    for (const [i, name] of columnNames(hdu).entries())
      add(columnName(name, i + 1), refuse('a column of a compressed table; funpack the file'));
  } else if (kind === 'BINTABLE') {
    const columns = readTableColumns(hdu);
    const rows = openHduRows(object, hdu);
    for (const column of columns)
      add(columnName(column.name, column.number), (name, what) => columnTensor(hdu, rows, column, name, what));
  } else if (kind === 'TABLE') {
    for (const [i, name] of columnNames(hdu).entries())
      add(columnName(name, i + 1), refuse('a column of an ASCII table; write it as a binary table'));
  } else {
    add(own, refuse(`an extension of type ${kind}; write an image or a binary table`));
  }
}

function compressedImage({ key }: ObjectSource, index: number): string {
  const file = key.slice(key.lastIndexOf('/') + 1);
  const remedy = `funpack the file, or in Python fits.writeto("image.fits", fits.getdata("${file}", ${index}))`;
  return `extension ${index} is an image compressed in tiles (CompImageHDU); ${remedy}`;
}

function imageTensor(object: ObjectSource, hdu: Hdu, name: string, what: string): PartitionTensor {
  const { bitsPerValue, axes, dataStart, dataEnd } = hdu;
  const shape = axes.toReversed();
  const stored = imageTypes[bitsPerValue] as StoredType;
  const { dtype, bigEndian, convert } = imageValues(hdu, stored, what);
  const [samples = 0, ...sampleShape] = shape;
  if (samples > 0 && sampleShape.includes(0))
    throw new Failure('UnsupportedFormat', `${what}: ${formatShape(shape)} is samples without values; leave it out`);
  const end = dataStart + (samples === 0 ? 0 : tensorBytes(stored, shape));
  if (end > dataEnd) {
    const why = `${stored} ${formatShape(shape)} ends at byte ${end}, its extension at ${dataEnd} (GCOUNT is not 1)`;
    throw new Failure('PartitionCorrupt', `${what}: ${why}; write or upload the file again`);
  }
  const tensor = { name, dtype, shape, bigEndian };
  if (!convert) {
    const bytes = (place?: Place) => object.stream(dataStart, end, place);
    return { ...tensor, range: { start: dataStart, end }, bytes };
  }
  const bytesFrom = (row: number) => {
    const first = samples === 0 ? 0 : row * tensorBytes('uint8', sampleShape);
    return convertedImage(object, what, { start: dataStart, end, stored, first, convert });
  };
  return { ...tensor, range: undefined, bytes: () => bytesFrom(0), bytesFrom };
}

function imageValues(hdu: Hdu, stored: StoredType, what: string): Values {
  const scaling = {
    scale: realOf(hdu, 'BSCALE', 1),
    zero: realOf(hdu, 'BZERO', 0),
    missing: stored.startsWith('float') ? undefined : integerOf(hdu, 'BLANK'),
  };
  const floatType = stored === 'uint8' || stored === 'int16' || stored === 'float32' ? 'float32' : 'float64';
  const refuseMissing = (value: number) => {
    const why = `value ${value} is missing (BLANK is ${scaling.missing})`;
    return new Failure('UnsupportedFormat', `${what}: ${why}; write the image as floats`);
  };
  return describeValues(stored, scaling, floatType, false, refuseMissing);
}

/** The values of an image from the value `first` on. */
async function* convertedImage(
  object: ObjectSource,
  what: string,
  image: { start: number; end: number; stored: StoredType; first: number; convert: NonNullable<Values['convert']> },
): AsyncGenerator<Uint8Array> {
  const { start, end, stored, first, convert } = image;
  const reader = openByteReader(object.stream(start + first * itemBytes[stored], end));
  // Of 8 bytes each, when they are converted.
  const pieceValues = PIECE_BYTES / 8;
  const values = (end - start) / itemBytes[stored];
  try {
    for (let value = first; value < values; value += pieceValues) {
      const piece = await reader.take(Math.min(pieceValues, values - value) * itemBytes[stored]);
      if (!piece) throw new Failure('PartitionTruncated', `${what}: it ends before byte ${end}; upload it again`);
      yield convert(piece, value);
    }
  } finally {
    await reader.close();
  }
}
