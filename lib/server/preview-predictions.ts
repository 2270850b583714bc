import { type AsyncBuffer, parquetMetadataAsync, parquetRead } from 'hyparquet';

const PREVIEW_ROWS = 50;
/** Of a thousand probabilities for each sample a page would have 12 MB. */
const PREVIEW_COLUMNS = 64;

export interface PredictionsPreview {
  /** The first 64 of `totalColumns`. */
  columns: string[];
  totalColumns: number;
  rows: unknown[][];
  total: number;
}

/** The first rows and columns of a predictions file. */
export async function previewPredictions(file: AsyncBuffer): Promise<PredictionsPreview> {
  const metadata = await parquetMetadataAsync(file);
  const names = metadata.schema.slice(1).map(({ name }) => name);
  const columns = names.slice(0, PREVIEW_COLUMNS);
  const total = Number(metadata.num_rows);
  const rows: unknown[][] = [];
  await parquetRead({
    file,
    metadata,
    columns,
    rowStart: 0,
    rowEnd: Math.min(total, PREVIEW_ROWS),
    onComplete: (read: unknown[][]) => rows.push(...read.map((row) => row.map(toJsonValue))),
  });
  return { columns, totalColumns: names.length, rows, total };
}

/** Ids are 64-bit: as text where a number would lose digits. */
function toJsonValue(value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}
