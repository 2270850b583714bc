import { IconDownload } from '@tabler/icons-react';
import type { Metadata } from 'next';
import { Suspense } from 'react';
import { RunsTable } from '@/components/runs/runs-table.tsx';
import { DownloadButton, LinkButton } from '@/components/ui/link-button.tsx';
import { LoadingPanel } from '@/components/ui/loading.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { type RunsQuery, runsQuery } from '@/lib/domain/runs-query.ts';
import { listRuns } from '@/lib/server/list-runs.ts';
import { removeRuns, stopRuns } from './actions.ts';

export const metadata: Metadata = { title: 'Runs' };

export default async function RunsPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const query = runsQuery.parse(await searchParams);
  return (
    <div data-wide>
      <PageHeader
        title="Runs"
        context="Every execution of the workflow, with what it was asked to do and what it took."
        action={
          <>
            <DownloadButton href="/api/runs.csv" leftSection={<IconDownload size={16} />}>
              Export all as CSV
            </DownloadButton>
            <LinkButton href="/launch">Launch</LinkButton>
          </>
        }
      />
      <Suspense fallback={<LoadingPanel lines={10} />}>
        <Runs query={query} />
      </Suspense>
    </div>
  );
}

async function Runs({ query }: { query: RunsQuery }) {
  return (
    <Panel flush label="Runs">
      <RunsTable page={await listRuns(query)} query={query} actions={{ stop: stopRuns, remove: removeRuns }} />
    </Panel>
  );
}
