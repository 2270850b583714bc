import type { AxisKind } from '@/components/charts/axis.ts';
import { axisNumber, axisUnit } from '@/components/charts/axis.ts';
import type { ComparedKey } from '@/lib/domain/comparison.ts';
import type { SeriesBy, SeriesX } from '@/lib/domain/series.ts';

/** A setting in which compared runs may differ. */
export const comparedSettings = [
  'dataset',
  'dataSizeBytes',
  'batchSize',
  'partitionSizeBytes',
  'memoryMb',
  'modelId',
  'maxConcurrency',
  'worldSize',
] as const satisfies readonly ComparedKey[];
export type ComparedSetting = (typeof comparedSettings)[number];

export const settingName: Record<ComparedSetting, string> = {
  dataset: 'Dataset',
  dataSizeBytes: 'Data size',
  batchSize: 'Batch size',
  partitionSizeBytes: 'Partition size',
  memoryMb: 'Memory',
  modelId: 'Model',
  maxConcurrency: 'Concurrency',
  worldSize: 'Workers',
};

export const settingAxisKind: Record<SeriesX, AxisKind> = {
  dataSizeBytes: 'sizeBytes',
  partitionSizeBytes: 'sizeBytes',
  batchSize: 'samplesPerBatch',
  memoryMb: 'memoryMb',
};

export const settingColumn: Record<SeriesX, string> = {
  dataSizeBytes: 'data_size_bytes',
  partitionSizeBytes: 'partition_size_bytes',
  batchSize: 'batch_size_samples',
  memoryMb: 'memory_mb',
};

export const seriesBy = [
  'partitionSizeBytes',
  'batchSize',
  'memoryMb',
  'modelId',
  'dataset',
] as const satisfies readonly SeriesBy[];
export const seriesX = [
  'dataSizeBytes',
  'batchSize',
  'partitionSizeBytes',
  'memoryMb',
] as const satisfies readonly SeriesX[];

/** A setting's value as people read it, unit included. */
export function settingText(setting: ComparedSetting, value: string | number | null): string {
  switch (setting) {
    case 'dataSizeBytes':
    case 'partitionSizeBytes':
      return sizeText(Number(value));
    case 'memoryMb':
      return `${axisNumber(Number(value))} MB`;
    case 'maxConcurrency':
      return value === 0 ? 'no limit' : String(value);
    case 'worldSize':
      return value === null ? 'one per partition' : String(value);
    case 'modelId':
    case 'dataset':
      return String(value).split('/').at(-1) ?? String(value);
    default:
      return String(value);
  }
}

function sizeText(bytes: number): string {
  const { unit, factor } = axisUnit('sizeBytes', bytes);
  return `${axisNumber(bytes * factor)} ${unit}`;
}
