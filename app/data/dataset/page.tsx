import { Group } from '@mantine/core';
import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { DatasetFacts } from '@/components/data/dataset-facts.tsx';
import { DeleteDataset } from '@/components/data/delete-dataset.tsx';
import { PartitionsList } from '@/components/data/partitions-list.tsx';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { LinkButton } from '@/components/ui/link-button.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { findDataset } from '@/lib/server/list-datasets.ts';
import { attempt } from '../../attempt.ts';
import classes from '../../stack.module.css';
import { removeDataset } from '../actions.ts';

export const metadata: Metadata = { title: 'Dataset' };

export default async function DatasetPage({ searchParams }: { searchParams: Promise<{ id?: string | string[] }> }) {
  const id = String((await searchParams).id ?? '');
  const read = await attempt(() => findDataset(id));
  if ('problem' in read)
    return (
      <div>
        <ErrorPanel title={`${id} could not be read`}>{read.problem}</ErrorPanel>
      </div>
    );
  const dataset = read.value;
  if (!dataset) notFound();
  return (
    <div className={classes.stack}>
      <PageHeader
        title={dataset.name}
        context={`s3://${dataset.id}`}
        action={
          <Group gap="sm">
            <DeleteDataset
              dataset={{
                id: dataset.id,
                partitions: dataset.partitions,
                sizeBytes: dataset.sizeBytes,
                hasManifest: dataset.manifest !== null,
              }}
              remove={removeDataset}
            />
            <LinkButton href={`/launch?dataset=${encodeURIComponent(dataset.id)}`}>Launch on it</LinkButton>
          </Group>
        }
      />
      <Panel title="Dataset">
        <DatasetFacts dataset={dataset} />
      </Panel>
      {dataset.manifest && <PartitionsList partitions={dataset.manifest.partitions} />}
    </div>
  );
}
