import { Figure, Figures } from '@/components/ui/figure.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import { Elapsed, RelativeTime } from '@/components/ui/relative-time.tsx';
import type { ExperimentDetail } from '@/lib/domain/experiment-row.ts';
import { formatCount, formatDuration } from '@/lib/domain/format.ts';
import { RunsBar, statusWords } from './status-counts.tsx';

/** All of its runs may have been stopped while they waited. */
const notStarted = (stoppedAt: string | null) => (stoppedAt === null ? 'Not started yet' : 'Never started');

/** How far the experiment is, and what it took. */
export function ExperimentProgress({ experiment }: { experiment: ExperimentDetail }) {
  const { startedAt, stoppedAt, complete, runs, costUsd, createdAt, byStatus } = experiment;
  return (
    <>
      <Figures>
        <Figure label="Complete runs">
          {formatCount(complete)} of {formatCount(runs)}
        </Figure>
        <Figure label={stoppedAt ? 'Took' : 'Elapsed'}>
          {startedAt === null ? (
            notStarted(stoppedAt)
          ) : stoppedAt === null ? (
            <Elapsed since={startedAt} />
          ) : (
            formatDuration(Date.parse(stoppedAt) - Date.parse(startedAt))
          )}
        </Figure>
        <Figure label="Cost of the ended runs">
          <Quantity kind="usd" value={costUsd} />
        </Figure>
        <Figure label="Launched">
          <RelativeTime at={createdAt} />
        </Figure>
      </Figures>
      <div style={{ margin: '14px 0 4px' }}>
        <RunsBar experiment={experiment} height={10} />
      </div>
      <span style={{ color: 'var(--mantine-color-dimmed)', fontSize: 'var(--mantine-font-size-sm)' }}>
        {statusWords(byStatus)}
      </span>
    </>
  );
}
