import { Figure, Figures } from '@/components/ui/figure.tsx';
import type { LaunchForm } from '@/lib/domain/experiment.ts';
import { formatBytes, formatCount, plural, toQuantity } from '@/lib/domain/format.ts';

/** What was asked for in the launch form. */
export function SweepFacts({ form }: { form: LaunchForm }) {
  const facts: [name: string, value: string][] = [
    ['Datasets', form.datasets.join(', ')],
    ['Model', form.model],
    ['Data sizes', form.dataSizesBytes.map((bytes) => (bytes === null ? 'all' : formatBytes(bytes))).join(', ')],
    ['Batch sizes', form.batchSizes.map(formatCount).join(', ')],
    ['Memory', form.memoriesMb.map((memoryMb) => toQuantity('memoryMb', memoryMb).text).join(', ')],
    ['Repeats', formatCount(form.repeats)],
    ['Concurrency', form.maxConcurrency === 0 ? 'no limit' : `${plural(form.maxConcurrency, 'item')} at once`],
    ['Workers', form.worldSize === null ? 'one job per partition' : formatCount(form.worldSize)],
    ['Tolerated failures', `${form.toleratedFailurePercentage} % of the items`],
  ];
  return (
    <Figures small>
      {facts.map(([name, value]) => (
        <Figure key={name} label={name}>
          {value}
        </Figure>
      ))}
    </Figures>
  );
}
