'use client';

import { IconFilterOff, IconListDetails } from '@tabler/icons-react';
import { DataTable } from '@/components/ui/data-table.tsx';
import { EmptyState } from '@/components/ui/empty-state.tsx';
import { LinkButton } from '@/components/ui/link-button.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { useUrlQuery } from '@/components/ui/use-url-query.ts';
import type { Page } from '@/lib/domain/page.ts';
import type { RunRow } from '@/lib/domain/run.ts';
import type { RunsQuery } from '@/lib/domain/runs-query.ts';
import { runColumns, runColumnsOfAll, runHref } from './run-columns.tsx';
import { RunFilters } from './run-filters.tsx';
import { type RunActions, SelectionBar } from './selection-bar.tsx';
import { useLiveRows } from './use-live-rows.ts';

interface Props {
  page: Page<RunRow>;
  query: RunsQuery;
  actions: RunActions;
  /** The page is about one experiment: no column and no filter for it. */
  ofExperiment?: boolean;
}

/** The runs list: filters, sorting and paging on the server, progress as it happens. */
export function RunsTable({ page, query, actions, ofExperiment = false }: Props) {
  const rows = useLiveRows(page.rows);
  const named = query.experimentId && !ofExperiment ? (page.rows[0]?.experimentName ?? query.experimentId) : null;
  return (
    <DataTable
      label={ofExperiment ? 'Runs of the experiment' : 'Runs'}
      columns={ofExperiment ? runColumns : runColumnsOfAll}
      rows={rows}
      rowId={(run) => run.id}
      rowHref={runHref}
      sort={{ key: query.sort, order: query.order }}
      toolbar={<RunFilters query={query} experimentName={named} />}
      actions={(ids, clear) => <SelectionBar ids={ids} clear={clear} actions={actions} />}
      footer={<Pager {...page} noun="run" />}
      empty={<NoRuns filtered={Boolean(query.status || query.search || named || page.total > 0)} />}
    />
  );
}

function NoRuns({ filtered }: { filtered: boolean }) {
  const { href } = useUrlQuery();
  if (filtered)
    return (
      <EmptyState
        icon={IconFilterOff}
        title="No run matches"
        action={
          <LinkButton href={href({ status: null, search: null, experimentId: null, page: null })} variant="default">
            Show all runs
          </LinkButton>
        }
      >
        Nothing fits these filters, or the page is past the last one.
      </EmptyState>
    );
  return (
    <EmptyState
      icon={IconListDetails}
      title="No runs yet"
      action={<LinkButton href="/launch">Launch an experiment</LinkButton>}
    >
      A run is one execution of the workflow with one setting: it takes every partition of the data through the model.
    </EmptyState>
  );
}
