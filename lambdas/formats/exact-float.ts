/** An integer as float64; undefined where that would be another number. */
export function exactFloat(value: number | bigint): number | undefined {
  const float = Number(value);
  return Math.abs(float) > Number.MAX_SAFE_INTEGER && BigInt(float) !== value ? undefined : float;
}

/** Integers that were read as floats would be rounded: an id would become that of another sample. */
export const notExact = (row: string, value: number | bigint) =>
  `${row} holds ${value}, which is no float64, and with missing values in it the column is read as that; fill them, or write the column as text if it is an id`;
