import { itemParts, ProgressBar } from '@/components/ui/progress.tsx';
import { toneColor } from '@/components/ui/status.tsx';
import { formatCount, plural } from '@/lib/domain/format.ts';
import type { RunRow } from '@/lib/domain/run.ts';
import classes from './run-progress.module.css';

/** Items of a run that have ended, of how many, with the failed ones told apart. */
export function RunProgress({ run: { counts, label, status } }: { run: Pick<RunRow, 'counts' | 'label' | 'status'> }) {
  const failed = counts.failed + counts.timedOut;
  const ended = counts.succeeded + failed + counts.aborted;
  if (status === 'QUEUED') return <span className={classes.none}>{plural(counts.total, 'item')}</span>;
  return (
    <div className={classes.progress}>
      <ProgressBar parts={itemParts(counts)} total={counts.total} noun="item" label={`Progress of ${label}`} />
      <span className={classes.words}>
        {formatCount(ended)}/{formatCount(counts.total)}
        {failed > 0 && <span style={{ color: toneColor('failed') }}> · {formatCount(failed)} failed</span>}
      </span>
    </div>
  );
}
