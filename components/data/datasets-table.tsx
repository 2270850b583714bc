'use client';

import { IconDatabase } from '@tabler/icons-react';
import { type DataColumn, DataTable } from '@/components/ui/data-table.tsx';
import { EmptyState } from '@/components/ui/empty-state.tsx';
import { LinkButton, TextLink } from '@/components/ui/link-button.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { S3Place } from '@/components/ui/s3-place.tsx';
import type { Dataset } from '@/lib/domain/dataset.ts';
import { NOT_MEASURED } from '@/lib/domain/format.ts';
import classes from './datasets-table.module.css';

export type DatasetInBrief = Omit<Dataset, 'manifest'>;

export const datasetHref = (id: string) => `/data/dataset?id=${encodeURIComponent(id)}`;

/** The datasets in the deployment's bucket. */
export function DatasetsTable({ datasets }: { datasets: DatasetInBrief[] }) {
  return (
    <DataTable
      label="Datasets"
      columns={columns}
      rows={datasets}
      rowId={({ id }) => id}
      rowHref={({ id }) => datasetHref(id)}
      empty={
        <EmptyState
          icon={IconDatabase}
          title="No datasets yet"
          action={<LinkButton href="/data/new">Make a demo dataset</LinkButton>}
        >
          A dataset is a folder of partition files in S3. Put your own under datasets/ in the bucket, or let Starmap
          simulate galaxies.
        </EmptyState>
      }
    />
  );
}

const columns: DataColumn<DatasetInBrief>[] = [
  {
    id: 'name',
    header: 'Name',
    cell: ({ id, name }) => (
      <TextLink href={datasetHref(id)} c="inherit" fw={500} className={classes.name}>
        {name}
      </TextLink>
    ),
  },
  numeric('size', 'Size', 'bytes', ({ sizeBytes }) => sizeBytes),
  numeric('partitions', 'Partitions', 'count', ({ partitions }) => partitions),
  numeric('partitionSize', 'Partition size', 'bytes', ({ partitionSizeBytes }) => partitionSizeBytes),
  numeric('samples', 'Samples', 'count', ({ samples }) => samples),
  { id: 'format', header: 'Format', cell: ({ format }) => format || NOT_MEASURED },
  { id: 'id', header: 'Place', cell: ({ id }) => <S3Place id={id} /> },
  { id: 'created', header: 'Made', numeric: true, cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
];

function numeric(
  id: string,
  header: string,
  kind: 'bytes' | 'count',
  read: (dataset: DatasetInBrief) => number | null,
): DataColumn<DatasetInBrief> {
  return {
    id,
    header,
    numeric: true,
    cell: (dataset, all) => <Quantity kind={kind} value={read(dataset)} like={all.map(read)} />,
  };
}
