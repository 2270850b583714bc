import { axisNumber, axisTicks, labelTicks } from '@/components/charts/axis.ts';
import { Histogram } from '@/components/charts/histogram.tsx';
import { plural } from '@/lib/domain/format.ts';
import type { PredictedColumn } from '@/lib/domain/run-summary.ts';
import { histogramRows } from './histogram-rows.ts';

/** The values of a predicted column: by label where it has labels, else by bins. Nothing where all are one value. */
export function ColumnHistogram({
  column,
  quantity,
  fileName,
}: {
  column: PredictedColumn;
  quantity: string;
  fileName: string;
}) {
  const { labels, histogram } = column;
  const title = 'How the predictions are spread';
  const rows = histogramRows(column, quantity);
  if (labels) {
    return (
      <Histogram
        title={title}
        quantity={quantity}
        fileName={fileName}
        rows={rows}
        bars={labels.map(({ label, n }) => ({ name: String(label), count: n }))}
        ticks={labelTicks(labels.map(({ label }) => label))}
        note={`${plural(labels.length, 'label')}, one bar each`}
      />
    );
  }
  if (!histogram) return null;
  const { counts, range, below, above } = histogram;
  const [low, high] = range;
  const width = (high - low) / counts.length;
  const beside = [
    ...(below > 0 ? [`${plural(below, 'sample')} below ${axisNumber(low, width)}`] : []),
    ...(above > 0 ? [`${plural(above, 'sample')} above ${axisNumber(high, width)}`] : []),
  ];
  return (
    <Histogram
      title={title}
      quantity={quantity}
      fileName={fileName}
      rows={rows}
      bars={counts.map((count, i) => ({
        name: `${axisNumber(low + i * width, width)} to ${axisNumber(low + (i + 1) * width, width)}`,
        count,
      }))}
      ticks={axisTicks(low, high, width)}
      note={`${plural(counts.length, 'bin')}, each ${axisNumber(width)} wide${beside.length > 0 ? `; not drawn: ${beside.join(', ')}` : ''}`}
    />
  );
}
