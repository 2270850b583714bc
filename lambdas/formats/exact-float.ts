/** An integer as float64; undefined where that would be another number. */
export function exactFloat(value: number | bigint): number | undefined {
  const float = Number(value);
  return Math.abs(float) > Number.MAX_SAFE_INTEGER && BigInt(float) !== value ? undefined : float;
}

/** @param row `row 3`. */
export const roundedByMissing = (row: string, value: number | bigint | string) =>
  `${row} holds ${value}, which would be rounded: with missing values the column is float64`;
