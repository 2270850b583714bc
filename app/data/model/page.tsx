import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { CheckForm } from '@/components/models/check-form.tsx';
import { DeleteModel } from '@/components/models/delete-model.tsx';
import { ModelFacts } from '@/components/models/model-facts.tsx';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { listDatasets } from '@/lib/server/list-datasets.ts';
import { findModel } from '@/lib/server/list-models.ts';
import { attempt } from '../../attempt.ts';
import classes from '../../stack.module.css';
import { checkAgainst, removeModel } from '../models/actions.ts';

export const metadata: Metadata = { title: 'Model' };

export default async function ModelPage({ searchParams }: { searchParams: Promise<{ id?: string | string[] }> }) {
  const id = String((await searchParams).id ?? '');
  const read = await attempt(async () => ({ model: await findModel(id), datasets: await listDatasets() }));
  if ('problem' in read)
    return (
      <div>
        <ErrorPanel title={`${id} could not be read`}>{read.problem}</ErrorPanel>
      </div>
    );
  const { model, datasets } = read.value;
  if (!model) notFound();
  return (
    <div className={classes.stack}>
      <PageHeader
        title={model.name}
        context={model.description ?? `s3://${model.id}`}
        action={<DeleteModel model={model} remove={removeModel} />}
      />
      {model.problem && <ErrorPanel title="This model cannot be used">{model.problem}</ErrorPanel>}
      <Panel title="Model package">
        <ModelFacts model={model} />
      </Panel>
      <Panel title="Check against a dataset" note="runs it on one partition, on this machine, as the function would">
        <CheckForm
          model={model.id}
          datasets={datasets.map(({ id: dataset, name }) => ({ id: dataset, name }))}
          check={checkAgainst}
        />
      </Panel>
    </div>
  );
}
