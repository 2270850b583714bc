import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Suspense } from 'react';
import { ExperimentActions } from '@/components/experiments/experiment-actions.tsx';
import { ExperimentProgress } from '@/components/experiments/experiment-progress.tsx';
import { SweepFacts } from '@/components/experiments/sweep-facts.tsx';
import { RunsTable } from '@/components/runs/runs-table.tsx';
import { LoadingPanel } from '@/components/ui/loading.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { type RunsQuery, runsQuery } from '@/lib/domain/runs-query.ts';
import { getExperiment } from '@/lib/server/list-experiments.ts';
import { listRuns } from '@/lib/server/list-runs.ts';
import { removeRuns, stopRuns } from '../../runs/actions.ts';
import classes from '../../stack.module.css';
import { stopExperiment } from './actions.ts';

export const metadata: Metadata = { title: 'Experiment' };

interface Props {
  params: Promise<{ id: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function ExperimentPage({ params, searchParams }: Props) {
  const experiment = await getExperiment(decodeURIComponent((await params).id));
  if (!experiment) notFound();
  const query = { ...runsQuery.parse(await searchParams), experimentId: experiment.id };
  return (
    <div className={classes.stack} data-wide>
      <PageHeader
        title={experiment.name}
        context={experiment.question || experiment.id}
        action={<ExperimentActions experiment={experiment} stop={stopExperiment} />}
      />
      <div className={classes.columns}>
        <Panel title="Progress">
          <ExperimentProgress experiment={experiment} />
        </Panel>
        <Panel title="Sweep">
          <SweepFacts form={experiment.form} />
        </Panel>
      </div>
      <Suspense fallback={<LoadingPanel lines={8} />}>
        <Runs query={query} />
      </Suspense>
    </div>
  );
}

async function Runs({ query }: { query: RunsQuery }) {
  return (
    <Panel title="Runs" flush>
      <RunsTable
        page={await listRuns(query)}
        query={query}
        actions={{ stop: stopRuns, remove: removeRuns }}
        ofExperiment
      />
    </Panel>
  );
}
