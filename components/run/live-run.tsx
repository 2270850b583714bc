'use client';

import { useRouter } from 'next/navigation';
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { useLiveRun, useSnapshotCount } from '@/components/live/live-provider.tsx';
import type { RunDetail } from '@/lib/domain/run.ts';
import { tabTitle } from './tab-title.ts';

const RunContext = createContext<{ loaded: RunDetail; current: RunDetail } | null>(null);

interface Props {
  run: RunDetail;
  /** When the server read it, ISO: later events win over it, earlier ones do not. */
  asOf: string;
  children: ReactNode;
}

/** Keeps the run of a page up to date from the live stream; the panels inside read it with `useRun`. */
export function LiveRun({ run, asOf, children }: Props) {
  const event = useLiveRun(run.id);
  const router = useRouter();
  const newer = event && event.asOf > asOf ? event : null;
  const current = useMemo(
    () => (newer ? { ...run, ...newer.run, counts: notBackwards(run, newer.run.counts), states: newer.states } : run),
    [run, newer],
  );

  // Measures, report and results are not in events: the server is asked again when the run passes a stage of its life.
  const stage = stageOf(current);
  const asked = useRef(stageOf(run));
  useEffect(() => {
    if (stage === asked.current) return;
    asked.current = stage;
    router.refresh();
  }, [stage, router]);

  // After a cut the last event of this run may have been missed.
  const snapshots = useSnapshotCount();
  const known = useRef(snapshots);
  useEffect(() => {
    if (snapshots > 1 && snapshots !== known.current && !isOver(current)) router.refresh();
    known.current = snapshots;
  }, [snapshots, current, router]);

  useTabTitle(current);
  const [loaded] = useState(run);
  const value = useMemo(() => ({ loaded, current }), [loaded, current]);
  return <RunContext value={value}>{children}</RunContext>;
}

/**
 * The run of this page as it is now. A panel that comes late (streamed) comes alive with the run that its markup was
 * made from, although events may have changed it meanwhile: React refuses markup that does not match.
 */
export function useRun(): RunDetail {
  const runs = useContext(RunContext);
  if (!runs) throw new Error('useRun is used outside <LiveRun>.');
  return useSyncExternalStore(
    never,
    () => runs.current,
    () => runs.loaded,
  );
}

const never = () => () => undefined;

/** Whether nothing will happen any more. */
export function isOver({ status }: Pick<RunDetail, 'status'>): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED' || status === 'STOPPED';
}

/** Items that have come to an end, well or not. */
export function itemsEnded({ counts }: Pick<RunDetail, 'counts'>): number {
  return counts.succeeded + counts.failed + counts.timedOut + counts.aborted;
}

function stageOf({ status, completeness, mapWallMs, costUsd }: RunDetail): string {
  return [status, completeness, mapWallMs !== null, costUsd !== null].join();
}

/** AWS's counts are eventually consistent: between two answers about the same run the total is not unlearned. */
function notBackwards(before: RunDetail, after: RunDetail['counts']): RunDetail['counts'] {
  return after.total === 0 && before.counts.total > 0 ? before.counts : after;
}

/** The page's own title is right when it is loaded; what changes afterwards is set here. */
function useTabTitle(run: RunDetail): void {
  const title = `${tabTitle(run)} · Starmap`;
  useEffect(() => {
    document.title = title;
  }, [title]);
}
