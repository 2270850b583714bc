import { Text } from '@mantine/core';
import { PhaseColumns } from '@/components/charts/phase-columns.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import type { PhaseGroup } from '@/lib/domain/phase-groups.ts';
import type { PhasesMs } from '@/lib/domain/phases.ts';
import { bottleneck, failedAttempts, phaseLabel } from './bottleneck.ts';
import { PhaseBar } from './phase-bar.tsx';
import palette from './phase-palette.module.css';

interface Props {
  runId: string;
  /** Mean per item. */
  phases: PhasesMs | null;
  /** Of all invocations, failed ones too. */
  billedMs: number | null;
  groups: PhaseGroup[];
}

/** Where the billed time went, in the mean and item by item, and what to do about the largest part. */
export function PhasesPanel({ runId, phases, billedMs, groups }: Props) {
  const starts = {
    cold: groups.reduce((sum, { cold }) => sum + cold, 0),
    items: groups.reduce((sum, { items }) => sum + items, 0),
  };
  const words = phases && bottleneck(phases, starts.items > 0 ? starts : null);
  return (
    <Panel title="Where the time went" note="Mean per item; the phases add up to what Lambda bills">
      {phases && words ? (
        <>
          <Text size="sm" mb="sm">
            {words} {failedAttempts(phases, starts.items, billedMs)}
          </Text>
          <PhaseBar phases={phases} />
          {groups.length > 0 && (
            <PhaseColumns groups={groups} labels={phaseLabel} palette={palette.palette} fileName={`${runId}-phases`} />
          )}
        </>
      ) : (
        <Text size="sm" c="dimmed">
          No phases were measured in this run.
        </Text>
      )}
    </Panel>
  );
}
