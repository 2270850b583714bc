import { ProgressBar, type ProgressPart } from '@/components/ui/progress.tsx';
import { statusLook } from '@/components/ui/status.tsx';
import type { ExperimentRow } from '@/lib/domain/experiment-row.ts';
import { type RunStatus, runStatuses } from '@/lib/domain/run.ts';

/** Runs of an experiment by state, for a bar; queued ones are what is left. */
export function runParts(byStatus: ExperimentRow['byStatus']): ProgressPart[] {
  const order: RunStatus[] = ['SUCCEEDED', 'FAILED', 'STOPPED', 'RUNNING'];
  return order.map((status) => ({
    tone: statusLook[status].tone,
    word: statusLook[status].word.toLowerCase(),
    count: byStatus[status],
  }));
}

/** `12 succeeded, 1 failed, 3 queued`. */
export function statusWords(byStatus: ExperimentRow['byStatus']): string {
  return runStatuses
    .toReversed()
    .filter((status) => byStatus[status] > 0)
    .map((status) => `${byStatus[status].toLocaleString('en-US')} ${statusLook[status].word.toLowerCase()}`)
    .join(', ');
}

/** The experiment's runs as a bar. */
export function RunsBar({ experiment, height }: { experiment: ExperimentRow; height?: number }) {
  return (
    <ProgressBar
      parts={runParts(experiment.byStatus)}
      total={experiment.runs}
      noun="run"
      label={`Runs of ${experiment.name}`}
      height={height}
    />
  );
}
