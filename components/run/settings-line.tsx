import { formatBytes, formatCount, plural } from '@/lib/domain/format.ts';
import type { RunSettings } from '@/lib/domain/run.ts';

/** What a run was asked to do, in one line. */
export function SettingsLine({ settings }: { settings: RunSettings }) {
  const { dataBytes, partitions, partitionSizeBytes, batchSize, memoryMb, maxConcurrency, worldSize, modelId } =
    settings;
  const parts = [
    `${formatBytes(dataBytes)} in ${plural(partitions, 'partition')} of ${formatBytes(partitionSizeBytes)}`,
    `batch ${formatCount(batchSize)}`,
    `${formatCount(memoryMb)} MB`,
    maxConcurrency > 0 ? `${formatCount(maxConcurrency)} at once` : 'no concurrency limit',
    ...(worldSize === null ? [] : [`spread over ${plural(worldSize, 'worker')}`]),
    `model ${modelId.split('/').at(-1)}`,
    settings.dataPrefix,
  ];
  return parts.join(' · ');
}
