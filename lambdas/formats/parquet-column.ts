import type { ColumnMetaData, FileMetaData, SchemaElement, SchemaTree } from 'hyparquet';
import { isCount, ParquetDamage } from './parquet-encodings.ts';
import { type Dtype, itemBytes, TEXT_BYTES } from './partition.ts';

/** A column that gives a tensor: [n], or [n, width] where its rows are lists of one length. */
export interface ParquetColumn {
  name: string;
  /** As in the metadata of its chunks: `flux.list.element`. */
  path: string;
  /** float64 where integers or booleans are missing, which have no value for that. */
  dtype: Dtype;
  /** Type of the values in the file. */
  storedDtype: Dtype;
  /** Bytes of one value in the file; booleans are packed into bits. */
  storedBytes: number;
  isBoolean: boolean;
  isList: boolean;
  /** Values per row. */
  width: number;
  maxDefinition: number;
  /** Definition level from which on a row has its value or lacks just that; below it, a row lacks its whole list. */
  listDefinition: number;
  rows: number;
  chunks: ParquetChunk[];
}

/** The values of a column in one row group. */
export interface ParquetChunk {
  /** Place in the file, end exclusive. */
  start: number;
  end: number;
  values: number;
  /** Whether the writer counted values that are missing. Without statistics that is known when they are read only. */
  hasMissing: boolean;
  codec: string;
}

/** A column, or why it gives no tensor. */
export type ColumnOrReason = ParquetColumn | { name: string; reason: string };

/** The leaf columns of a file. */
export function readColumns(metadata: FileMetaData, tree: SchemaTree): ColumnOrReason[] {
  const columns = leaves(tree).map((leaf, index) => readColumn(metadata, leaf, index));
  const counts = new Map<string, number>();
  for (const { name } of columns) counts.set(name, (counts.get(name) ?? 0) + 1);
  const reason = 'with the name of another one, or of lists of records; write each under a name of its own';
  return columns.map((column) =>
    counts.get(column.name) === 1 || 'reason' in column ? column : { name: column.name, reason },
  );
}

/** @param index of the leaf; a row group has its columns in the same order. */
function readColumn(metadata: FileMetaData, { path, nodes }: Leaf, index: number): ColumnOrReason {
  const element = (nodes.at(-1) as SchemaTree).element;
  const repeated = nodes.filter((node) => node.element.repetition_type === 'REPEATED').length;
  const name = repeated > 0 ? (path[0] ?? '') : path.join('.');
  if (repeated > 1) return { name, reason: 'lists of lists; write each row as one list of fixed length' };
  const isMap = nodes.some(
    ({ element: { converted_type: type, logical_type: logical } }) => type === 'MAP' || logical?.type === 'MAP',
  );
  if (isMap) return { name, reason: 'a map, which is no tensor; write its values as columns' };
  const type = numberType(element);
  if (typeof type === 'string') return { name, reason: type };
  if (repeated > 0 && type.dtype === 'text')
    return { name, reason: 'lists of text, not numbers; write them as columns' };
  const key = path.join('.');
  const chunks = metadata.row_groups.flatMap(({ columns }) => {
    const chunk = columns[index]?.meta_data;
    // Of a row group without rows some writers tell no place.
    return chunk?.path_in_schema.join('.') === key && Number(chunk.num_values) !== 0 ? [toChunk(chunk)] : [];
  });
  const rows = Number(metadata.num_rows);
  const values = chunks.reduce((sum, chunk) => sum + chunk.values, 0);
  if (repeated === 0 && values !== rows)
    throw new ParquetDamage(`column ${name} has ${values} values for ${rows} rows`);
  const width = repeated > 0 && rows > 0 ? values / rows : 1;
  if (!Number.isInteger(width)) {
    return { name, reason: `its lists have different lengths (${values} values in ${rows} rows); make them equal` };
  }
  // NaN, or an empty text.
  const holdsNone = type.dtype.startsWith('float') || type.dtype === 'text';
  const definitionOf = (path: SchemaTree[]) =>
    path.filter((node) => node.element.repetition_type !== 'REQUIRED').length;
  const lists = nodes.findIndex((node) => node.element.repetition_type === 'REPEATED');
  return {
    name,
    path: key,
    dtype: !holdsNone && chunks.some(({ hasMissing }) => hasMissing) ? 'float64' : type.dtype,
    storedDtype: type.dtype,
    storedBytes: type.storedBytes,
    isBoolean: element.type === 'BOOLEAN',
    isList: repeated > 0,
    width,
    maxDefinition: definitionOf(nodes),
    listDefinition: definitionOf(nodes.slice(0, lists + 1)),
    rows,
    chunks,
  };
}

function toChunk(chunk: ColumnMetaData): ParquetChunk {
  const data = Number(chunk.data_page_offset);
  // 0 stands for no dictionary, too.
  const start = Math.min(Number(chunk.dictionary_page_offset || data), data);
  const end = start + Number(chunk.total_compressed_size);
  const values = Number(chunk.num_values);
  if (isCount(start) && isCount(end) && end >= start && isCount(values))
    return { start, end, values, hasMissing: Number(chunk.statistics?.null_count) > 0, codec: chunk.codec };
  throw new ParquetDamage(`a column of ${values} values from byte ${start} to ${end}`);
}

/** A column as the schema describes it: its name and those of what it lies in, from the outermost on. */
interface Leaf {
  path: string[];
  nodes: SchemaTree[];
}

/** Leaves of the schema with the nodes on the way to them, the root left out. */
function leaves(tree: SchemaTree): Leaf[] {
  return tree.children.flatMap((child) => {
    if (child.children.length === 0) return [{ path: [child.element.name], nodes: [child] }];
    return leaves(child).map(({ path, nodes }) => ({ path: [child.element.name, ...path], nodes: [child, ...nodes] }));
  });
}

const physical: Record<string, Dtype | undefined> = {
  BOOLEAN: 'bool',
  INT32: 'int32',
  INT64: 'int64',
  FLOAT: 'float32',
  DOUBLE: 'float64',
};
/** Older and newer names of the same. Short integers are stored as 32 bits. */
const integers: Record<string, Dtype | undefined> = { UINT_32: 'uint32', UINT_64: 'uint64' };
const plainIntegers = ['INT_8', 'INT_16', 'INT_32', 'INT_64', 'UINT_8', 'UINT_16', 'UINT_32', 'UINT_64'];

/** The element type, or why there is none. */
function numberType(element: SchemaElement): { dtype: Dtype; storedBytes: number } | string {
  const { type, converted_type: converted, logical_type: logical } = element;
  if (logical?.type === 'FLOAT16' && element.type_length === 2) return { dtype: 'float16', storedBytes: 2 };
  const meaning = logical && logical.type !== 'INTEGER' ? logical.type : converted;
  if (type === 'BYTE_ARRAY' && (meaning === 'UTF8' || meaning === 'STRING'))
    return { dtype: 'text', storedBytes: TEXT_BYTES };
  if (meaning && !plainIntegers.includes(meaning)) {
    return `of type ${meaning}, not numbers; convert it to numbers before writing the file`;
  }
  const unsigned = logical?.type === 'INTEGER' && !logical.isSigned ? `UINT_${logical.bitWidth}` : (converted ?? '');
  const dtype = integers[unsigned] ?? (type === undefined ? undefined : physical[type]);
  if (!dtype) return `of type ${type ?? 'unknown'}, not numbers; convert it to numbers before writing the file`;
  return { dtype, storedBytes: itemBytes[dtype] };
}
