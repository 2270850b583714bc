import type { Metadata } from 'next';
import { DatasetForm } from '@/components/data/dataset-form.tsx';
import { CodeLine } from '@/components/ui/code-line.tsx';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { getBackend } from '@/lib/server/backend.ts';
import classes from '../../stack.module.css';
import { makeDatasetOf, readDatasetJob, stopMakingDataset } from '../actions.ts';

export const metadata: Metadata = { title: 'Make a dataset' };

export default async function NewDatasetPage() {
  const { bucket, problem } = await getBackend();
  const job = await readDatasetJob();
  return (
    <div className={classes.stack}>
      <PageHeader
        title="Make a dataset"
        context="Simulated SDSS-like galaxies with known redshifts, for trying things out."
      />
      {problem && <ErrorPanel title="The services do not answer">{problem}</ErrorPanel>}
      <Panel label="New dataset">
        <DatasetForm
          actions={{ start: makeDatasetOf, read: readDatasetJob, stop: stopMakingDataset }}
          job={job}
          bucket={bucket}
        />
      </Panel>
      <Panel title="From a terminal" note="the same, and for larger ones">
        <CodeLine
          text={`npm run starmap -- dataset --size 80MB --partition 5MB --out s3://${bucket}/datasets/sdss-5MB`}
          what="the command"
        />
      </Panel>
    </div>
  );
}
