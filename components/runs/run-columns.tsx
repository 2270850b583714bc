import Link from 'next/link';
import type { DataColumn } from '@/components/ui/data-table.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import { Elapsed, RelativeTime } from '@/components/ui/relative-time.tsx';
import { CompletenessBadge, RunStatusBadge } from '@/components/ui/status.tsx';
import type { QuantityKind } from '@/lib/domain/format.ts';
import type { RunRow } from '@/lib/domain/run.ts';
import type { RunSortKey } from '@/lib/domain/runs-query.ts';
import classes from './run-columns.module.css';
import { RunProgress } from './run-progress.tsx';

type RunColumn = DataColumn<RunRow> & { sortKey?: RunSortKey };

export const runHref = (run: Pick<RunRow, 'id'>) => `/runs/${encodeURIComponent(run.id)}`;

const sortable = new Set<string>(['dataBytes', 'batchSize', 'mapWallMs', 'throughputBps', 'costUsd']);

/** Everything the runs list can show of a run. */
export const runColumns: RunColumn[] = [
  { id: 'status', header: 'Status', sortKey: 'status', cell: (run) => <RunStatusBadge status={run.status} /> },
  { id: 'run', header: 'Run', cell: (run) => <RunName run={run} /> },
  {
    id: 'progress',
    header: 'Progress',
    cell: (run) =>
      run.completeness === 'PENDING' ? (
        <RunProgress run={run} />
      ) : (
        <CompletenessBadge state={run.completeness} found={run.counts.succeeded} expected={run.counts.total} />
      ),
  },
  quantity('dataBytes', 'Data', 'bytes', (run) => run.settings.dataBytes),
  { ...quantity('partitionSize', 'Partition size', 'bytes', (run) => run.settings.partitionSizeBytes), extra: true },
  quantity('batchSize', 'Batch size', 'count', (run) => run.settings.batchSize),
  { ...quantity('memory', 'Memory', 'memoryMb', (run) => run.settings.memoryMb), extra: true },
  {
    id: 'durationMs',
    header: 'Duration',
    sortKey: 'durationMs',
    numeric: true,
    cell: (run, runs) =>
      run.status === 'RUNNING' && run.startedAt ? (
        <Elapsed since={run.startedAt} />
      ) : (
        <Quantity kind="durationMs" value={run.durationMs} like={runs.map((each) => each.durationMs)} />
      ),
  },
  { ...quantity('mapWallMs', 'Inference time', 'durationMs', (run) => run.mapWallMs), extra: true },
  quantity('throughputBps', 'Throughput', 'bitsPerSecond', (run) => run.throughputBps),
  {
    ...quantity('samplesPerSecond', 'Samples per second', 'samplesPerSecond', (run) => run.samplesPerSecond),
    extra: true,
  },
  quantity('costUsd', 'Cost', 'usd', (run) => run.costUsd),
  {
    id: 'createdAt',
    header: 'Launched',
    sortKey: 'createdAt',
    numeric: true,
    cell: (run) => <RelativeTime at={run.createdAt} />,
  },
  { ...text('dataset', 'Dataset', (run) => run.settings.datasetId), extra: true },
  { ...text('model', 'Model', (run) => run.settings.modelId), extra: true },
  { ...text('id', 'Run id', (run) => run.id), extra: true },
];

/** The same for a list of several experiments: whose run it is stands below its name. */
export const runColumnsOfAll = runColumns.map((column) =>
  column.id === 'run'
    ? {
        ...column,
        cell: (run: RunRow) => (
          <div className={classes.names}>
            <RunName run={run} />
            <ExperimentName run={run} />
          </div>
        ),
      }
    : column,
);

function RunName({ run }: { run: RunRow }) {
  return (
    <Link href={runHref(run)} className={classes.name} title={`${run.label}\n${run.id}`} tabIndex={-1}>
      {run.label}
    </Link>
  );
}

function ExperimentName({ run }: { run: RunRow }) {
  return (
    <Link
      href={`/experiments/${encodeURIComponent(run.experimentId)}`}
      className={classes.experiment}
      title={run.experimentName}
      tabIndex={-1}
    >
      {run.experimentName}
    </Link>
  );
}

function quantity(id: string, header: string, kind: QuantityKind, read: (run: RunRow) => number | null): RunColumn {
  return {
    id,
    header,
    sortKey: sortable.has(id) ? (id as RunSortKey) : undefined,
    numeric: true,
    cell: (run, runs) => <Quantity kind={kind} value={read(run)} like={runs.map(read)} />,
  };
}

function text(id: string, header: string, read: (run: RunRow) => string): RunColumn {
  return {
    id,
    header,
    cell: (run) => (
      <span className={classes.code} title={read(run)}>
        {read(run)}
      </span>
    ),
  };
}
