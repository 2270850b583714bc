'use client';

import { IconPlayerPause } from '@tabler/icons-react';
import Link from 'next/link';
import { useLiveRuns } from '@/components/live/live-provider.tsx';
import { progressRate } from '@/components/run/progress-rate.ts';
import { runHref } from '@/components/runs/run-columns.tsx';
import { RunProgress } from '@/components/runs/run-progress.tsx';
import { useLiveRows } from '@/components/runs/use-live-rows.ts';
import { useClock } from '@/components/ui/clock.ts';
import { Elapsed } from '@/components/ui/relative-time.tsx';
import { RunStatusBadge } from '@/components/ui/status.tsx';
import { formatDuration, formatUsd } from '@/lib/domain/format.ts';
import type { RunEvent, RunRow } from '@/lib/domain/run.ts';
import classes from './run-lists.module.css';

/** What runs now: progress, time, what is left, cost so far. */
export function RunningRuns({ runs }: { runs: RunRow[] }) {
  const rows = useLiveRows(runs);
  const { events } = useLiveRuns();
  const now = useClock();
  if (rows.length === 0)
    return (
      <p className={classes.nothing}>
        <IconPlayerPause size={15} aria-hidden /> Nothing runs now.
      </p>
    );
  return (
    <ul className={classes.list}>
      {rows.map((run) => (
        <li key={run.id} className={classes.running}>
          <div className={classes.words}>
            <Link href={runHref(run)} className={classes.name} title={run.label}>
              {run.label}
            </Link>
            <span className={classes.experiment} title={run.experimentName}>
              {run.experimentName}
            </span>
          </div>
          <RunStatusBadge status={run.status} />
          <div className={classes.progress}>
            <RunProgress run={run} />
          </div>
          <span className={classes.times}>
            {run.startedAt && run.durationMs === null ? (
              <Elapsed since={run.startedAt} />
            ) : (
              formatDuration(run.durationMs)
            )}
            {run.status === 'RUNNING' && leftOf(run, events.get(run.id), now)}
            {run.costUsd !== null && ` · ${formatUsd(run.costUsd)}`}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** From the rate since the map began; nothing while that says nothing. */
function leftOf(run: RunRow, event: RunEvent | undefined, now: number | null): string {
  const began = event?.states.Infer?.enteredAt;
  if (!began || now === null) return '';
  const { succeeded, failed, timedOut, aborted, total } = run.counts;
  const marks = [{ atMs: now, done: succeeded + failed + timedOut + aborted }];
  const rate = progressRate(marks, total, Date.parse(began), now);
  return rate && rate.remainingMs >= 1_000
    ? ` · about ${formatDuration(Math.round(rate.remainingMs / 1000) * 1000)} left`
    : '';
}
