'use client';

import { Button } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import type { DatasetActions, DatasetJob } from '@/components/data/dataset-job.ts';
import { DatasetProgress } from '@/components/data/dataset-progress.tsx';
import { useServerJob } from '@/components/data/use-server-job.ts';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { LinkButton, TextLink } from '@/components/ui/link-button.tsx';
import classes from './first-steps.module.css';

interface Props {
  /** Datasets there are already. */
  datasets: number;
  actions: DatasetActions;
  job: DatasetJob | null;
}

const demo = { name: 'sdss-5MB', size: '80MB', partitionSize: '5MB', seed: '1', overwrite: false };

/** A fresh installation: three steps to the first result. */
export function FirstSteps({ datasets, actions, job: initial }: Props) {
  const { job, start, busy } = useServerJob(actions, initial);
  const [problem, setProblem] = useState<string | null>(null);
  const make = async () => {
    // What an interrupted attempt left behind is no dataset yet: it may be replaced.
    const result = await start({ ...demo, overwrite: datasets === 0 });
    setProblem(result.ok ? null : result.message);
  };
  const hasData = datasets > 0;
  return (
    <ol className={classes.steps}>
      <Step number={1} title="Get data" done={hasData}>
        <p>
          80 MB of simulated galaxies in 16 partitions, made on this machine in a few seconds. Or{' '}
          <TextLink href="/data/new">another size</TextLink>, or your own files under datasets/ in the bucket.
        </p>
        {problem && <ErrorPanel title="The dataset was not made">{problem}</ErrorPanel>}
        {hasData ? (
          <LinkButton href="/data" variant="default">
            See the datasets
          </LinkButton>
        ) : job && job.state !== 'stopped' ? (
          <DatasetProgress job={job} onStop={() => actions.stop()} />
        ) : (
          <Button onClick={make} loading={busy}>
            Make the demo dataset
          </Button>
        )}
      </Step>
      <Step number={2} title="Launch an experiment" done={false}>
        <p>Choose how much of the data, batch size and memory; each combination becomes a run, watched live.</p>
        <LinkButton href="/launch" variant={hasData ? 'filled' : 'default'}>
          Open the launch form
        </LinkButton>
      </Step>
      <Step number={3} title="See what it took" done={false}>
        <p>Inference time, throughput and cost against data size and batch size, with repeats and error bars.</p>
        <LinkButton href="/compare" variant="default">
          Open the charts
        </LinkButton>
      </Step>
    </ol>
  );
}

function Step({
  number,
  title,
  done,
  children,
}: {
  number: number;
  title: string;
  done: boolean;
  children: ReactNode;
}) {
  return (
    <li className={classes.step}>
      <span className={classes.number} data-done={done || undefined} aria-hidden>
        {done ? <IconCheck size={16} /> : number}
      </span>
      <div className={classes.body}>
        <h3 className={classes.title}>
          {title}
          {done && <span className={classes.done}> – done</span>}
        </h3>
        {children}
      </div>
    </li>
  );
}
