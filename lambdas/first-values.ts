/** Values that are looked at before it is decided how the others are counted: those of one small file tell too little. */
export const FIRST_VALUES = 4_096;

/**
 * Where the bulk of the values lies, if there are any.
 * @param tail share of them that may lie beyond at each end.
 */
export function bulkOf(values: readonly number[], tail: number): [low: number, high: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const beyond = Math.floor(sorted.length * tail);
  return [sorted[beyond] ?? 0, sorted[sorted.length - 1 - beyond] ?? 0];
}
