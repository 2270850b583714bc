import type { ExperimentRow } from '@/lib/domain/experiment-row.ts';

const MOST = 10;

/**
 * What to compare when nothing was chosen: the latest experiment that has results, and those over the same data with
 * the same model; together they are one study (one of data sizes, one of batch sizes).
 * @param experiments newest first
 */
export function defaultChoice(experiments: readonly ExperimentRow[]): string[] {
  const latest = experiments.find(({ complete }) => complete > 0);
  if (!latest) return experiments.slice(0, 1).map(({ id }) => id);
  const datasets = new Set(latest.form.datasets);
  return experiments
    .filter(
      ({ complete, form }) =>
        complete > 0 && form.model === latest.form.model && form.datasets.some((id) => datasets.has(id)),
    )
    .slice(0, MOST)
    .map(({ id }) => id);
}
