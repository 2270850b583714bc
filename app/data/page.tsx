import { Group } from '@mantine/core';
import type { Metadata } from 'next';
import { Suspense } from 'react';
import { DatasetsTable } from '@/components/data/datasets-table.tsx';
import { ModelsTable } from '@/components/models/models-table.tsx';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { LinkButton } from '@/components/ui/link-button.tsx';
import { LoadingPanel } from '@/components/ui/loading.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { listDatasets } from '@/lib/server/list-datasets.ts';
import { listModels } from '@/lib/server/list-models.ts';
import { attempt } from '../attempt.ts';
import classes from '../stack.module.css';

export const metadata: Metadata = { title: 'Data & models' };

export default function DataPage() {
  return (
    <div className={classes.stack}>
      <PageHeader
        title="Data & models"
        context="What lies in the bucket for runs to use."
        action={
          <Group gap="sm">
            <LinkButton href="/data/partition" variant="default">
              Split your data
            </LinkButton>
            <LinkButton href="/data/new">Make a dataset</LinkButton>
          </Group>
        }
      />
      <Suspense fallback={<LoadingPanel title="Datasets" />}>
        <Datasets />
      </Suspense>
      <Suspense fallback={<LoadingPanel title="Models" />}>
        <Models />
      </Suspense>
    </div>
  );
}

async function Datasets() {
  const read = await attempt(listDatasets);
  if ('problem' in read) return <ErrorPanel title="The datasets could not be listed">{read.problem}</ErrorPanel>;
  return (
    <Panel title="Datasets" flush>
      <DatasetsTable datasets={read.value.map(({ manifest: _, ...dataset }) => dataset)} />
    </Panel>
  );
}

async function Models() {
  const read = await attempt(listModels);
  if ('problem' in read) return <ErrorPanel title="The models could not be listed">{read.problem}</ErrorPanel>;
  const upload = (
    <LinkButton href="/data/models/new" size="xs" variant="light">
      Upload a model
    </LinkButton>
  );
  return (
    <Panel title="Models" action={read.value.length > 0 && upload} flush>
      <ModelsTable models={read.value} />
    </Panel>
  );
}
