'use client';

import { IconFlask } from '@tabler/icons-react';
import { useRefreshOnChange } from '@/components/runs/use-live-rows.ts';
import { type DataColumn, DataTable } from '@/components/ui/data-table.tsx';
import { EmptyState } from '@/components/ui/empty-state.tsx';
import { LinkButton, TextLink } from '@/components/ui/link-button.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import type { ExperimentRow } from '@/lib/domain/experiment-row.ts';
import { formatCount } from '@/lib/domain/format.ts';
import type { Page } from '@/lib/domain/page.ts';
import classes from './experiments-table.module.css';
import { RunsBar } from './status-counts.tsx';

export const experimentHref = (id: string) => `/experiments/${encodeURIComponent(id)}`;

/** All experiments, newest first. */
export function ExperimentsTable({ page }: { page: Page<ExperimentRow> }) {
  useRefreshOnChange();
  return (
    <DataTable
      label="Experiments"
      columns={columns}
      rows={page.rows}
      rowId={({ id }) => id}
      rowHref={({ id }) => experimentHref(id)}
      footer={<Pager {...page} noun="experiment" />}
      empty={
        <EmptyState
          icon={IconFlask}
          title="No experiments yet"
          action={<LinkButton href="/launch">Launch an experiment</LinkButton>}
        >
          An experiment is a question and a sweep: data sizes, batch sizes and memories, each combination repeated. Its
          runs land in the charts.
        </EmptyState>
      }
    />
  );
}

const columns: DataColumn<ExperimentRow>[] = [
  {
    id: 'name',
    header: 'Experiment',
    cell: ({ id, name }) => (
      <TextLink href={experimentHref(id)} c="inherit" fw={500} className={classes.name}>
        {name}
      </TextLink>
    ),
  },
  {
    id: 'question',
    header: 'Question',
    cell: ({ question }) => (
      <span className={classes.question} title={question}>
        {question}
      </span>
    ),
  },
  {
    id: 'runs',
    header: 'Runs',
    cell: (experiment) => (
      <div className={classes.runs}>
        <RunsBar experiment={experiment} />
        <span>{formatCount(experiment.runs)}</span>
      </div>
    ),
  },
  {
    id: 'complete',
    header: 'Complete',
    numeric: true,
    cell: ({ complete, runs }) => `${formatCount(complete)}/${formatCount(runs)}`,
  },
  {
    id: 'failed',
    header: 'Failed',
    numeric: true,
    cell: ({ byStatus }) => formatCount(byStatus.FAILED),
  },
  {
    id: 'cost',
    header: 'Cost',
    numeric: true,
    cell: ({ costUsd }, rows) => <Quantity kind="usd" value={costUsd} like={rows.map((row) => row.costUsd)} />,
  },
  { id: 'created', header: 'Launched', numeric: true, cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
];
