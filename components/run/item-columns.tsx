import type { ReactNode } from 'react';
import { ItemStatusBadge } from '@/components/ui/status.tsx';
import { NOT_MEASURED, type QuantityKind } from '@/lib/domain/format.ts';
import type { RunItemRow } from '@/lib/domain/run.ts';
import type { RunItemsQuery } from '@/lib/domain/run-items-query.ts';

export interface ItemColumn {
  id: string;
  title: string;
  /** CSS; the file takes what is left. */
  width: string;
  sort?: RunItemsQuery['sort'];
  /** A number with its unit, the same in the whole column; stands at the right. */
  quantity?: { kind: QuantityKind; value: (item: RunItemRow) => number | null };
  cell?: (item: RunItemRow) => ReactNode;
}

export const itemColumns: ItemColumn[] = [
  { id: 'rank', title: 'Item', width: '72px', sort: 'rank', quantity: { kind: 'count', value: ({ rank }) => rank } },
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
    sort: 'sizeBytes',
    quantity: { kind: 'bytes', value: ({ sizeBytes }) => sizeBytes },
  },
  { id: 'samples', title: 'Samples', width: '84px', quantity: { kind: 'count', value: ({ samples }) => samples } },
  {
    id: 'notANumber',
    title: 'NaN',
    width: '68px',
    quantity: { kind: 'count', value: ({ notANumber }) => notANumber },
  },
  {
    id: 'duration',
    title: 'Duration',
    width: '96px',
    sort: 'durationMs',
    quantity: { kind: 'durationMs', value: ({ durationMs }) => durationMs },
  },
  {
    id: 'loop',
    title: 'Model loop',
    width: '96px',
    quantity: { kind: 'durationMs', value: ({ modelLoopMs }) => modelLoopMs },
  },
  { id: 'billed', title: 'Billed', width: '88px', quantity: { kind: 'durationMs', value: ({ billedMs }) => billedMs } },
  {
    id: 'memory',
    title: 'Max memory',
    width: '104px',
    quantity: { kind: 'memoryMb', value: ({ maxMemoryMb }) => maxMemoryMb },
  },
  {
    id: 'start',
    title: 'Start',
    width: '64px',
    cell: ({ coldStart }) => (coldStart === null ? NOT_MEASURED : coldStart ? 'cold' : 'warm'),
  },
];

function KeyText({ keys }: Pick<RunItemRow, 'keys'>) {
  const [first = NOT_MEASURED] = keys;
  return (
    <bdi title={keys.join('\n')}>
      {first}
      {keys.length > 1 && ` + ${keys.length - 1} more`}
    </bdi>
  );
}
