/** Orders names as people number them: `2` before `10`. Equal numbers (`1`, `01`) fall back to plain order. */
export function naturalOrder(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

const collator = new Intl.Collator('en', { numeric: true });
