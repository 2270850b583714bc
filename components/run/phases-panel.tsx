import { Text } from '@mantine/core';
import { Panel } from '@/components/ui/panel.tsx';
import type { PhasesMs } from '@/lib/domain/execution-info.ts';
import { bottleneck } from './bottleneck.ts';
import { PhaseBar } from './phase-bar.tsx';

/** Where the workers' time went, and what to do about the largest part. */
export function PhasesPanel({ phases }: { phases: PhasesMs | null }) {
  const words = phases && bottleneck(phases);
  return (
    <Panel title="Where the time went" note="Mean per item, wall time inside the function">
      {phases && words ? (
        <>
          <Text size="sm" mb="sm">
            {words}
          </Text>
          <PhaseBar phases={phases} />
        </>
      ) : (
        <Text size="sm" c="dimmed">
          No phases were measured in this run.
        </Text>
      )}
    </Panel>
  );
}
