import { Suspense } from 'react';
import { FailedRuns, FinishedRuns } from '@/components/overview/ended-runs.tsx';
import { FirstSteps } from '@/components/overview/first-steps.tsx';
import { OverviewFigures } from '@/components/overview/overview-figures.tsx';
import { RunningRuns } from '@/components/overview/running-runs.tsx';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { LinkButton, TextLink } from '@/components/ui/link-button.tsx';
import { LoadingPanel } from '@/components/ui/loading.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { getBackend } from '@/lib/server/backend.ts';
import { getOverview } from '@/lib/server/overview.ts';
import { makeDatasetOf, readDatasetJob, stopMakingDataset } from './data/actions.ts';
import classes from './stack.module.css';

export default function OverviewPage() {
  return (
    <div className={classes.stack}>
      <PageHeader
        title="Overview"
        context="What runs, what failed and why, what finished last."
        action={<LinkButton href="/launch">Launch an experiment</LinkButton>}
      />
      <Suspense>
        <Problem />
      </Suspense>
      <Suspense fallback={<LoadingPanel lines={8} />}>
        <Panels />
      </Suspense>
    </div>
  );
}

async function Problem() {
  const { problem } = await getBackend();
  return problem && <ErrorPanel title="The services do not answer, so no run can go on">{problem}</ErrorPanel>;
}

async function Panels() {
  const { running, failed, finished, ...figures } = await getOverview();
  if (figures.experiments === 0)
    return (
      <Panel title="Three steps to the first result">
        <FirstSteps
          datasets={figures.datasets}
          actions={{ start: makeDatasetOf, read: readDatasetJob, stop: stopMakingDataset }}
          job={await readDatasetJob()}
        />
      </Panel>
    );
  return (
    <>
      <Panel label="In figures">
        <OverviewFigures {...figures} running={running.length} />
      </Panel>
      <Panel title="Running now" action={<TextLink href="/runs?status=RUNNING,QUEUED">All that run or wait</TextLink>}>
        <RunningRuns runs={running} />
      </Panel>
      <div className={classes.columns}>
        <Panel title="Failed" note="latest first" action={<TextLink href="/runs?status=FAILED">All failed</TextLink>}>
          <FailedRuns runs={failed} />
        </Panel>
        <Panel title="Finished" note="latest first" action={<TextLink href="/runs?status=SUCCEEDED">All</TextLink>}>
          <FinishedRuns runs={finished} />
        </Panel>
      </div>
    </>
  );
}
