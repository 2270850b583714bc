import { Figure, Figures } from '@/components/ui/figure.tsx';
import { TextLink } from '@/components/ui/link-button.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import { formatCount, plural } from '@/lib/domain/format.ts';
import type { Overview } from '@/lib/domain/overview.ts';

type Props = Pick<
  Overview,
  'queued' | 'spendThisMonthUsd' | 'spendSimulated' | 'datasets' | 'models' | 'experiments'
> & {
  running: number;
};

/** The installation in a few numbers. */
export function OverviewFigures({ running, queued, spendThisMonthUsd, spendSimulated, ...counts }: Props) {
  return (
    <Figures>
      <Figure label="Running">{plural(running, 'run')}</Figure>
      <Figure label="Waiting">{plural(queued, 'run')}</Figure>
      <Figure
        label="Spend this month (UTC)"
        note={spendSimulated ? 'at AWS prices; nobody bills the local runtime' : 'computed from what the runs used'}
      >
        <Quantity kind="usd" value={spendThisMonthUsd} />
      </Figure>
      <Figure label="Experiments">
        <TextLink href="/experiments">{formatCount(counts.experiments)}</TextLink>
      </Figure>
      <Figure label="Datasets">
        <TextLink href="/data">{formatCount(counts.datasets)}</TextLink>
      </Figure>
      <Figure label="Models">
        <TextLink href="/data">{formatCount(counts.models)}</TextLink>
      </Figure>
    </Figures>
  );
}
