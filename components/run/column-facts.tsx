import { formatCount } from '@/lib/domain/format.ts';
import type { PredictedColumn } from '@/lib/domain/run-summary.ts';
import { type Figure, FigureTable } from './figure-table.tsx';

/** The figures of a predicted column by itself. Labels have no mean. */
export function ColumnFacts({ column }: { column: PredictedColumn }) {
  const { unit, n, labels, min, max, median, mean, standard_deviation: deviation } = column;
  const step = max === null || min === null ? undefined : max - min;
  const quantities: Figure[] = [
    ...measured('Least', min, step),
    ...measured('Median', median, step),
    ...measured('Mean', mean, step),
    ...measured('Greatest', max, step),
    ...measured('Standard deviation', deviation),
  ].map((figure) => ({ ...figure, unit }));
  const figures: Figure[] = [
    { name: 'Predictions', value: formatCount(n) },
    ...(column.not_a_number > 0
      ? [{ name: 'Not a number', meaning: 'NaN or infinite', value: formatCount(column.not_a_number) }]
      : []),
    ...(labels ? [{ name: 'Labels', value: formatCount(labels.length) }] : quantities),
  ];
  return <FigureTable label="The predictions" figures={figures} />;
}

const measured = (name: string, value: number | null, step?: number): Figure[] =>
  value === null ? [] : [{ name, value, ...(step === undefined ? {} : { step }) }];
