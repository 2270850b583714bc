import type { ReactNode } from 'react';
import { TextLink } from '@/components/ui/link-button.tsx';
import { RunStatusBadge } from '@/components/ui/status.tsx';
import type { ComparedRun } from '@/lib/domain/comparison.ts';
import type { QuantityKind } from '@/lib/domain/format.ts';
import { settingText } from './settings.ts';

export interface CompareColumn {
  id: string;
  title: string;
  /** Absent for words. */
  kind?: QuantityKind;
  /** A setting may be the same in all runs; such columns are put away. */
  setting?: boolean;
  value: (run: ComparedRun) => string | number | null;
  cell?: (run: ComparedRun) => ReactNode;
}

export const compareColumns: CompareColumn[] = [
  {
    id: 'run',
    title: 'Run',
    value: ({ label }) => label,
    cell: ({ id, label }) => <TextLink href={`/runs/${encodeURIComponent(id)}`}>{label}</TextLink>,
  },
  { id: 'experiment', title: 'Experiment', setting: true, value: ({ experimentName }) => experimentName },
  {
    id: 'status',
    title: 'Status',
    setting: true,
    value: ({ status }) => status,
    cell: ({ status }) => <RunStatusBadge status={status} />,
  },
  {
    id: 'completeness',
    title: 'Completeness',
    setting: true,
    value: ({ completeness }) => completeness.toLowerCase(),
  },
  { id: 'dataset', title: 'Dataset', setting: true, value: ({ settings }) => settings.datasetId },
  { id: 'dataSize', title: 'Data size', kind: 'bytes', setting: true, value: ({ settings }) => settings.dataSizeBytes },
  {
    id: 'partition',
    title: 'Partition size',
    kind: 'bytes',
    setting: true,
    value: ({ settings }) => settings.partitionSizeBytes,
  },
  { id: 'batch', title: 'Batch size', kind: 'count', setting: true, value: ({ settings }) => settings.batchSize },
  { id: 'memory', title: 'Memory', kind: 'memoryMb', setting: true, value: ({ settings }) => settings.memoryMb },
  { id: 'model', title: 'Model', setting: true, value: ({ model }) => settingText('modelId', model) },
  {
    id: 'concurrency',
    title: 'Concurrency',
    setting: true,
    value: ({ settings }) => settingText('maxConcurrency', settings.maxConcurrency),
  },
  {
    id: 'workers',
    title: 'Workers',
    setting: true,
    value: ({ settings }) => settingText('worldSize', settings.worldSize),
  },
  { id: 'repeat', title: 'Repeat', kind: 'count', setting: true, value: ({ settings }) => settings.repeat },
  { id: 'map', title: 'Map, wall time', kind: 'durationMs', value: ({ measures }) => measures.mapWallMs },
  {
    id: 'execution',
    title: 'Execution, wall time',
    kind: 'durationMs',
    value: ({ measures }) => measures.executionWallMs,
  },
  {
    id: 'loop',
    title: 'Model loop, median',
    kind: 'durationMs',
    value: ({ measures }) => measures.modelLoopMs?.median ?? null,
  },
  { id: 'billed', title: 'Billed', kind: 'durationMs', value: ({ measures }) => measures.billedMs },
  { id: 'cold', title: 'Cold starts', kind: 'count', value: ({ measures }) => measures.coldStarts },
  { id: 'bits', title: 'Throughput', kind: 'bitsPerSecond', value: ({ measures }) => measures.throughputBps },
  { id: 'samples', title: 'Samples', kind: 'samplesPerSecond', value: ({ measures }) => measures.samplesPerSecond },
  { id: 'cost', title: 'Cost', kind: 'usd', value: ({ measures }) => measures.bill?.totalUsd ?? null },
];
