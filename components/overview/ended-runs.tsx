import Link from 'next/link';
import { runHref } from '@/components/runs/run-columns.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { CompletenessBadge, RunStatusBadge } from '@/components/ui/status.tsx';
import type { RunRow } from '@/lib/domain/run.ts';
import classes from './run-lists.module.css';

/** The latest failures, each with its cause. */
export function FailedRuns({ runs }: { runs: RunRow[] }) {
  if (runs.length === 0) return <p className={classes.nothing}>No run has failed.</p>;
  return (
    <ul className={classes.list}>
      {runs.map((run) => (
        <li key={run.id} className={classes.failed}>
          <div className={classes.head}>
            <RunStatusBadge status={run.status} />
            <Link href={runHref(run)} className={classes.name} title={run.label}>
              {run.label}
            </Link>
            <span className={classes.when}>
              <RelativeTime at={run.stoppedAt ?? run.createdAt} />
            </span>
          </div>
          <p className={classes.cause} title={run.cause ?? undefined}>
            {[run.error, run.cause].filter(Boolean).join(': ') || 'No cause was given.'}
          </p>
        </li>
      ))}
    </ul>
  );
}

/** What finished last, with what it took. */
export function FinishedRuns({ runs }: { runs: RunRow[] }) {
  if (runs.length === 0) return <p className={classes.nothing}>No run has finished yet.</p>;
  const durations = runs.map((run) => run.durationMs);
  const costs = runs.map((run) => run.costUsd);
  return (
    <ul className={classes.list}>
      {runs.map((run) => (
        <li key={run.id} className={classes.finished}>
          <div className={classes.head}>
            <Link href={runHref(run)} className={classes.name} title={run.label}>
              {run.label}
            </Link>
            <span className={classes.when}>
              <RelativeTime at={run.stoppedAt} />
            </span>
          </div>
          <div className={classes.head}>
            <CompletenessBadge state={run.completeness} found={run.counts.succeeded} expected={run.counts.total} />
            <span className={classes.experiment} title={run.experimentName}>
              {run.experimentName}
            </span>
            <span className={classes.number}>
              <Quantity kind="durationMs" value={run.durationMs} like={durations} />
            </span>
            <span className={classes.number}>
              <Quantity kind="usd" value={run.costUsd} like={costs} />
            </span>
          </div>
        </li>
      ))}
    </ul>
  );
}
