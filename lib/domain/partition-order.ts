// A file of its own: the collator takes 3 ms to make, which a cold start of the inference function has no use for.
const collator = new Intl.Collator('en', { numeric: true });

/**
 * The order in which a run takes partitions: `2.safetensors` before `10.safetensors`. Equal numbers (`1`, `01`) fall back
 * to plain order.
 */
export const comparePartitionKeys = (a: string, b: string): number =>
  collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
