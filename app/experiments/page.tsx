import type { Metadata } from 'next';
import { Suspense } from 'react';
import { ExperimentsTable } from '@/components/experiments/experiments-table.tsx';
import { LinkButton } from '@/components/ui/link-button.tsx';
import { LoadingPanel } from '@/components/ui/loading.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { runsQuery } from '@/lib/domain/runs-query.ts';
import { listExperiments } from '@/lib/server/list-experiments.ts';

export const metadata: Metadata = { title: 'Experiments' };

export default async function ExperimentsPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { page, pageSize } = runsQuery.parse(await searchParams);
  return (
    <div>
      <PageHeader
        title="Experiments"
        context="A question, a sweep, and the runs that answer it."
        action={<LinkButton href="/launch">Launch an experiment</LinkButton>}
      />
      <Suspense fallback={<LoadingPanel lines={8} />}>
        <Experiments page={page} pageSize={pageSize} />
      </Suspense>
    </div>
  );
}

async function Experiments({ page, pageSize }: { page: number; pageSize: number }) {
  const all = await listExperiments();
  const last = Math.max(1, Math.ceil(all.length / pageSize));
  const shown = Math.min(page, last);
  const rows = all.slice((shown - 1) * pageSize, shown * pageSize);
  return (
    <Panel flush label="Experiments">
      <ExperimentsTable page={{ rows, total: all.length, page: shown, pageSize }} />
    </Panel>
  );
}
