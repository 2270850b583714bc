import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Suspense } from 'react';
import { BillPanel } from '@/components/run/bill-panel.tsx';
import { ElsewherePanel } from '@/components/run/elsewhere-panel.tsx';
import { FailurePanel } from '@/components/run/failure-panel.tsx';
import { InputsPanel } from '@/components/run/inputs-panel.tsx';
import { LiveRun } from '@/components/run/live-run.tsx';
import { PartitionsPanel } from '@/components/run/partitions-panel.tsx';
import { PhasesPanel } from '@/components/run/phases-panel.tsx';
import { ProgressPanel } from '@/components/run/progress-panel.tsx';
import { RunHeader } from '@/components/run/run-header.tsx';
import classes from '@/components/run/run-panels.module.css';
import { tabTitle } from '@/components/run/tab-title.ts';
import { TimingsPanel } from '@/components/run/timings-panel.tsx';
import { Warnings } from '@/components/run/warnings.tsx';
import { LoadingPanel } from '@/components/ui/loading.tsx';
import { ranLocally } from '@/lib/domain/run-home.ts';
import { elsewhere } from '@/lib/server/elsewhere.ts';
import { getRun } from '@/lib/server/get-run.ts';
import { runPhases } from '@/lib/server/run-phases.ts';
import { stopThisRun } from './actions.ts';
import { DeployedWorkflow, DescribedPredictions, WrittenResults } from './slow-panels.tsx';

interface Props {
  params: Promise<{ id: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const run = await getRun((await params).id);
  return { title: run ? tabTitle(run) : 'Run not found' };
}

export default async function RunPage({ params }: Props) {
  const asOf = new Date().toISOString();
  const run = await getRun((await params).id);
  if (!run) notFound();
  const { measures } = run;
  return (
    <LiveRun run={run} asOf={asOf}>
      <div data-wide>
        <RunHeader stop={stopThisRun} />
        <div className={classes.panels}>
          <ElsewherePanel where={elsewhere(run)} />
          <FailurePanel />
          <ProgressPanel />
          <Warnings run={run} />
          <Suspense fallback={<LoadingPanel title="Workflow" />}>
            <DeployedWorkflow run={run} />
          </Suspense>
          <PartitionsPanel />
          {measures && (
            <>
              <div className={classes.pair}>
                <TimingsPanel measures={measures} settings={run.settings} />
                <div className={classes.panels}>
                  <PhasesPanel
                    runId={run.id}
                    phases={measures.phasesMs}
                    billedMs={measures.billedMs}
                    groups={await runPhases(run.id)}
                  />
                  <BillPanel bill={measures.bill} simulated={ranLocally(run)} />
                </div>
              </div>
              <Suspense fallback={<LoadingPanel title="Predictions" />}>
                <DescribedPredictions run={run} />
              </Suspense>
              <Suspense fallback={<LoadingPanel title="Results" />}>
                <WrittenResults run={run} />
              </Suspense>
            </>
          )}
          <InputsPanel run={run} />
        </div>
      </div>
    </LiveRun>
  );
}
