import type { RunRow } from '@/lib/domain/run.ts';

/** Title of a run's browser tab, with how far it is. */
export function tabTitle({ status, label, counts }: Pick<RunRow, 'status' | 'label' | 'counts'>): string {
  const done = counts.succeeded + counts.failed + counts.timedOut + counts.aborted;
  const progress =
    status === 'RUNNING' && counts.total > 0 ? `${Math.floor((done / counts.total) * 100)} %` : WORDS[status];
  return `${progress} · ${label}`;
}

const WORDS: Record<RunRow['status'], string> = {
  QUEUED: 'Queued',
  RUNNING: 'Running',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  STOPPED: 'Stopped',
};
