import type { Metadata } from 'next';
import { Suspense } from 'react';
import { LaunchForm } from '@/components/launch/launch-form.tsx';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { LoadingPanel } from '@/components/ui/loading.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { getBackend } from '@/lib/server/backend.ts';
import { listDatasets } from '@/lib/server/list-datasets.ts';
import { listModels } from '@/lib/server/list-models.ts';
import { attempt } from '../attempt.ts';
import classes from '../stack.module.css';
import { launch, preview } from './actions.ts';
import { defaultValues, valuesFrom } from './initial-values.ts';

export const metadata: Metadata = { title: 'Launch an experiment' };

interface Props {
  /** `from`: experiment or run to fill the form with; `dataset`: the dataset to choose. */
  searchParams: Promise<{ from?: string | string[]; dataset?: string | string[] }>;
}

export default async function LaunchPage({ searchParams }: Props) {
  const query = await searchParams;
  // The last, where an address has several.
  const [from, dataset] = [query.from, query.dataset].map((each) => [each].flat().at(-1));
  return (
    <div>
      <PageHeader title="Launch an experiment" context="Every combination of what you give becomes a run of its own." />
      <Suspense fallback={<LoadingPanel title="Launch form" lines={12} />}>
        <Form key={`${from} ${dataset}`} from={from} dataset={dataset} />
      </Suspense>
    </div>
  );
}

async function Form({ from, dataset }: { from?: string; dataset?: string }) {
  const [datasets, models, backend] = await Promise.all([attempt(listDatasets), attempt(listModels), getBackend()]);
  const problem = [datasets, models].flatMap((read) => ('problem' in read ? read.problem : []))[0];
  const choices = {
    datasets: 'value' in datasets ? datasets.value : [],
    models: 'value' in models ? models.value : [],
    backend,
  };
  const copied = from ? await valuesFrom(from) : null;
  return (
    <div className={classes.stack}>
      {problem && <ErrorPanel title="Datasets and models could not be listed">{problem}</ErrorPanel>}
      {from && !copied && <ErrorPanel title={`There is no run or experiment ${from} to copy`} />}
      <LaunchForm
        datasets={choices.datasets.map(({ manifest: _, ...brief }) => brief)}
        models={choices.models}
        backend={{ bucket: backend.bucket || 'starmap', memoriesMb: backend.memoriesMb }}
        initial={copied ?? defaultValues(choices, dataset)}
        asked={Boolean(copied ?? dataset)}
        actions={{ preview, launch }}
      />
    </div>
  );
}
