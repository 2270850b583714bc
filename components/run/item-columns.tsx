import type { ReactNode } from 'react';
import { ItemStatusBadge } from '@/components/ui/status.tsx';
import { formatBytes, formatCount, formatDuration } from '@/lib/domain/format.ts';
import type { RunItemRow } from '@/lib/domain/run.ts';
import type { RunItemsQuery } from '@/lib/domain/run-items-query.ts';

export interface ItemColumn {
  id: string;
  title: string;
  /** CSS; the file takes what is left. */
  width: string;
  /** Numbers stand at the right. */
  number?: boolean;
  sort?: RunItemsQuery['sort'];
  cell: (item: RunItemRow) => ReactNode;
}

export const itemColumns: ItemColumn[] = [
  { id: 'rank', title: 'Item', width: '72px', number: true, sort: 'rank', cell: ({ rank }) => rank },
  {
    id: 'status',
    title: 'State',
    width: '124px',
    sort: 'status',
    cell: ({ status }) => <ItemStatusBadge status={status} />,
  },
  { id: 'key', title: 'File', width: 'auto', cell: ({ keys }) => <KeyText keys={keys} /> },
  {
    id: 'size',
    title: 'Size',
    width: '92px',
    number: true,
    sort: 'sizeBytes',
    cell: ({ sizeBytes }) => formatBytes(sizeBytes),
  },
  { id: 'samples', title: 'Samples', width: '84px', number: true, cell: ({ samples }) => orDash(samples, formatCount) },
  {
    id: 'duration',
    title: 'Duration',
    width: '96px',
    number: true,
    sort: 'durationMs',
    cell: ({ durationMs }) => orDash(durationMs, formatDuration),
  },
  {
    id: 'loop',
    title: 'Model loop',
    width: '96px',
    number: true,
    cell: ({ modelLoopMs }) => orDash(modelLoopMs, formatDuration),
  },
  {
    id: 'billed',
    title: 'Billed',
    width: '88px',
    number: true,
    cell: ({ billedMs }) => orDash(billedMs, formatDuration),
  },
  {
    id: 'memory',
    title: 'Max memory',
    width: '100px',
    number: true,
    cell: ({ maxMemoryMb }) => orDash(maxMemoryMb, (mb) => `${formatCount(mb)} MB`),
  },
  {
    id: 'start',
    title: 'Start',
    width: '64px',
    cell: ({ coldStart }) => (coldStart === null ? '–' : coldStart ? 'cold' : 'warm'),
  },
];

function KeyText({ keys }: Pick<RunItemRow, 'keys'>) {
  const [first = '–'] = keys;
  return (
    <bdi title={keys.join('\n')}>
      {first}
      {keys.length > 1 && ` + ${keys.length - 1} more`}
    </bdi>
  );
}

function orDash(value: number | null, format: (value: number) => string): string {
  return value === null ? '–' : format(value);
}
