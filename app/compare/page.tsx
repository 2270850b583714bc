import { IconChartDots } from '@tabler/icons-react';
import type { Metadata } from 'next';
import { Suspense } from 'react';
import { CompareView } from '@/components/compare/compare-view.tsx';
import { ExperimentPicker } from '@/components/compare/experiment-picker.tsx';
import { EmptyState } from '@/components/ui/empty-state.tsx';
import { LinkButton } from '@/components/ui/link-button.tsx';
import { LoadingPanel } from '@/components/ui/loading.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { plural } from '@/lib/domain/format.ts';
import { compareRuns } from '@/lib/server/compare.ts';
import { listExperiments } from '@/lib/server/list-experiments.ts';
import { defaultChoice } from './default-choice.ts';

export const metadata: Metadata = { title: 'Compare' };

interface Props {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function ComparePage({ searchParams }: Props) {
  const params = await searchParams;
  const experiments = await listExperiments();
  if (experiments.length === 0) return <NothingYet />;
  const runIds = idsOf(params.runs);
  const asked = idsOf(params.experiment);
  const isChosen = asked.length > 0 || runIds.length > 0;
  const experimentIds = isChosen ? asked : defaultChoice(experiments);
  const choices = experiments.map(({ id, name, complete }) => ({ id, name, complete }));
  return (
    <div data-wide>
      <PageHeader
        title="Compare"
        context={contextOf(runIds.length, isChosen)}
        action={<ExperimentPicker experiments={choices} chosen={experimentIds} />}
      />
      <Suspense fallback={<LoadingPanel title="Charts" lines={12} />}>
        <Compared which={{ experimentIds, runIds, includeIncomplete: params.incomplete === '1' }} />
      </Suspense>
    </div>
  );
}

async function Compared({ which }: { which: Parameters<typeof compareRuns>[0] }) {
  return <CompareView comparison={await compareRuns(which)} />;
}

function NothingYet() {
  return (
    <div>
      <PageHeader title="Compare" />
      <EmptyState
        icon={IconChartDots}
        title="Nothing to compare yet"
        action={<LinkButton href="/launch">Launch an experiment</LinkButton>}
      >
        Here the runs of experiments stand side by side: inference time, throughput and cost over data size and batch
        size.
      </EmptyState>
    </div>
  );
}

function contextOf(runs: number, isChosen: boolean): string {
  if (runs > 0) return plural(runs, 'chosen run');
  return isChosen
    ? 'Inference time, throughput and cost of the chosen experiments'
    : 'The latest experiment, with those over the same data and model';
}

/** `a,b` or repeated. */
function idsOf(value: string | string[] | undefined): string[] {
  return [value ?? []]
    .flat()
    .flatMap((part) => part.split(','))
    .filter(Boolean);
}
