import { Text } from '@mantine/core';
import { Panel } from '@/components/ui/panel.tsx';
import { plural } from '@/lib/domain/format.ts';
import type { PredictionStatistics } from '@/lib/domain/prediction-statistics.ts';
import type { PredictedColumn as Column, PredictionMetrics } from '@/lib/domain/run-summary.ts';
import { PredictedColumn } from './predicted-column.tsx';

interface Props {
  runId: string;
  statistics: PredictionStatistics | null;
  /** Why they are not of all samples; null where they are. */
  incomplete: string | null;
  /** Whether the summary that they were in has been deleted since. */
  isGone?: boolean;
}

/** Columns that are shown at once; more are a click away. */
const SHOWN = 4;

/** What was predicted, and how good it is, one block per predicted column. */
export function PredictionsPanel({ runId, statistics, incomplete, isGone = false }: Props) {
  const columns = statistics ? pairUp(statistics) : [];
  return (
    <Panel title="Predictions" note={statistics && `over ${plural(statistics.rows, 'row')}`}>
      {isGone && (
        <Text size="sm" c="dimmed" mb="sm">
          The summary of this run is no longer there: it was deleted after the run, or moved.
          {columns.length > 0 && ' What was noted of it is below.'}
        </Text>
      )}
      {columns.length === 0 && !isGone && (
        <Text size="sm" c="dimmed">
          {statistics && statistics.rows > 0
            ? 'The model package names no truth for its outputs, so nothing can be compared. The predictions are below.'
            : 'No predictions were joined in this run, so there is nothing to describe.'}
        </Text>
      )}
      {columns.length > 0 && incomplete && (
        <Text size="sm" mb="sm">
          {incomplete}
        </Text>
      )}
      {columns.slice(0, SHOWN).map((each) => (
        <PredictedColumn key={each.name} runId={runId} {...each} />
      ))}
      {columns.length > SHOWN && (
        <details>
          <summary>{plural(columns.length - SHOWN, 'more predicted column')}</summary>
          {columns.slice(SHOWN).map((each) => (
            <PredictedColumn key={each.name} runId={runId} {...each} />
          ))}
        </details>
      )}
      {columns.length > 0 && !columns.some(({ metric }) => metric) && (
        <Text size="sm" c="dimmed" mt="sm">
          There is nothing to compare with: the model package names no truth, the data does not hold it, or no sample
          has both a prediction and a truth that are numbers.
        </Text>
      )}
    </Panel>
  );
}

interface Pair {
  name: string;
  column: Column | null;
  metric: PredictionMetrics | null;
}

/** Each predicted column with its comparison; older summaries have comparisons only. */
function pairUp({ predicted, metrics }: PredictionStatistics): Pair[] {
  const described = new Set(predicted.map(({ column }) => column));
  return [
    ...predicted.map((column) => ({
      name: column.column,
      column,
      metric: metrics.find((metric) => metric.column === column.column) ?? null,
    })),
    ...metrics
      .filter(({ column }) => !described.has(column))
      .map((metric) => ({ name: metric.column, column: null, metric })),
  ];
}
