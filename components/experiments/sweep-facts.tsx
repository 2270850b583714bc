import { Facts } from '@/components/ui/facts.tsx';
import type { LaunchForm } from '@/lib/domain/experiment.ts';
import { formatBytes, formatCount, toQuantity } from '@/lib/domain/format.ts';

/** What was asked for in the launch form. */
export function SweepFacts({ form }: { form: LaunchForm }) {
  return (
    <Facts
      facts={[
        ['Datasets', form.datasets.join(', ')],
        ['Data sizes', form.dataSizesBytes.map((bytes) => (bytes === null ? 'all' : formatBytes(bytes))).join(', ')],
        ['Batch sizes', form.batchSizes.map(formatCount).join(', ')],
        ['Memory', form.memoriesMb.map((memoryMb) => toQuantity('memoryMb', memoryMb).text).join(', ')],
        ['Model', form.model],
        ['Concurrency', form.maxConcurrency === 0 ? 'no limit' : `${formatCount(form.maxConcurrency)} items at once`],
        ['Workers', form.worldSize === null ? 'one job per partition' : formatCount(form.worldSize)],
        ['Tolerated failures', `${form.toleratedFailurePercentage} % of the items`],
        ['Repeats', formatCount(form.repeats)],
      ]}
    />
  );
}
