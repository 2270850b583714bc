import { axisNumber } from '@/components/charts/axis.ts';
import { Facts } from '@/components/ui/facts.tsx';
import { formatCount } from '@/lib/domain/format.ts';
import type { PredictedColumn } from '@/lib/domain/run-summary.ts';

/** The figures of a predicted column by itself. */
export function ColumnFacts({ column }: { column: PredictedColumn }) {
  const of = (value: number | null) =>
    value === null ? null : `${axisNumber(value)}${column.unit ? ` ${column.unit}` : ''}`;
  return (
    <Facts
      facts={[
        ['Predictions', formatCount(column.n)],
        ['Not a number', column.not_a_number > 0 ? formatCount(column.not_a_number) : null],
        ['Least to greatest', `${of(column.min)} to ${of(column.max)}`],
        ['Median', of(column.median)],
        ['Mean', of(column.mean)],
        ['Standard deviation', of(column.standard_deviation)],
      ]}
    />
  );
}
