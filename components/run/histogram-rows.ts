import type { PredictedColumn } from '@/lib/domain/run-summary.ts';

/** A histogram as the rows of a table, head first, in numbers that programs read; what is beside the bins has one edge. */
export function histogramRows(
  { labels, histogram }: Pick<PredictedColumn, 'labels' | 'histogram'>,
  quantity: string,
): (string | number)[][] {
  if (labels) return [[quantity, 'samples'], ...labels.map(({ label, n }) => [label, n])];
  const head = [`${quantity} from`, `${quantity} to`, 'samples'];
  if (!histogram) return [head];
  const { counts, range, below, above } = histogram;
  const [low, high] = range;
  const edge = (bin: number) => (bin === counts.length ? high : low + (bin * (high - low)) / counts.length);
  return [
    head,
    ...(below > 0 ? [['', low, below]] : []),
    ...counts.map((count, bin) => [edge(bin), edge(bin + 1), count]),
    ...(above > 0 ? [[high, '', above]] : []),
  ];
}
