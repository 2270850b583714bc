'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useRef } from 'react';
import { useLiveRuns } from '@/components/live/live-provider.tsx';
import type { RunRow } from '@/lib/domain/run.ts';

const REFRESH_EVERY_MS = 1_500;

/**
 * Rows from the server, each replaced by what was heard of its run since. Where a run appears or changes its state, the
 * server is asked again: order, counts and sums may be others then.
 */
export function useLiveRows(rows: RunRow[]): RunRow[] {
  const router = useRouter();
  const { events } = useLiveRuns();
  useRefreshOnChange();
  // One that ended between the making of this page and its first event.
  const outdated = rows.some((row) => {
    const heard = events.get(row.id)?.run;
    return heard !== undefined && ORDER[heard.status] > ORDER[row.status];
  });
  useEffect(() => {
    if (outdated) router.refresh();
  }, [outdated, router]);
  return rows.map((row) => {
    const heard = events.get(row.id)?.run;
    return heard && progressOf(heard) >= progressOf(row) ? heard : row;
  });
}

/** Reads the page's data again when a run appears or changes its state, at most every 1.5 s. */
export function useRefreshOnChange(): void {
  const router = useRouter();
  const { events, snapshots } = useLiveRuns();
  const known = useRef<Map<string, string> | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);

  useEffect(() => {
    // What the first snapshot tells is what the server has just rendered.
    if (known.current === null && snapshots === 0) return;
    const before = known.current;
    known.current = new Map([...events].map(([id, { run }]) => [id, run.status]));
    if (before === null || timer.current !== null) return;
    if ([...known.current].every(([id, status]) => before.get(id) === status)) return;
    timer.current = setTimeout(() => {
      timer.current = null;
      router.refresh();
    }, REFRESH_EVERY_MS);
  }, [events, snapshots, router]);

  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
    },
    [],
  );
}

const ORDER = { QUEUED: 0, RUNNING: 1, SUCCEEDED: 2, FAILED: 2, STOPPED: 2 };

/** Grows while a run goes on: a row read later than an event is not replaced by it. */
function progressOf({ status, completeness, counts }: RunRow): number {
  const ended = counts.succeeded + counts.failed + counts.timedOut + counts.aborted;
  return ORDER[status] * 1e12 + (completeness === 'PENDING' ? 0 : 1e11) + ended;
}
