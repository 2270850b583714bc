import type { Metadata } from 'next';
import { PartitionForm } from '@/components/data/partition-form.tsx';
import { CodeLine } from '@/components/ui/code-line.tsx';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { getBackend } from '@/lib/server/backend.ts';
import { listUnfinished } from '@/lib/server/list-unfinished.ts';
import { attempt } from '../../attempt.ts';
import classes from '../../stack.module.css';
import { discardSplit, readPartitionJob, splitInto, stopSplitting } from './actions.ts';

export const metadata: Metadata = { title: 'Split your data' };

export default async function PartitionPage() {
  const { bucket, problem } = await getBackend();
  const job = await readPartitionJob();
  const unfinished = await attempt(listUnfinished);
  return (
    <div className={classes.stack}>
      <PageHeader
        title="Split your data"
        context="One big file or a folder becomes a dataset: partitions of one size, each a job of a run."
      />
      {problem && <ErrorPanel title="The services do not answer">{problem}</ErrorPanel>}
      <Panel label="Split">
        <PartitionForm
          actions={{ start: splitInto, read: readPartitionJob, stop: stopSplitting, discard: discardSplit }}
          job={job}
          bucket={bucket}
          unfinished={'value' in unfinished ? unfinished.value : []}
        />
      </Panel>
      <Panel title="From a terminal" note="the same; run it again to continue what was interrupted">
        <CodeLine
          text="npm run starmap -- partition <file or folder> --size 25MB --out <name> --verify"
          what="the command"
        />
      </Panel>
    </div>
  );
}
