import { Divider } from '@mantine/core';
import { Panel } from '@/components/ui/panel.tsx';
import { ItemDrawer } from './item-drawer.tsx';
import { PartitionGrid } from './partition-grid.tsx';
import { PartitionTable } from './partition-table.tsx';

/** Every item of the run: as a grid to see patterns, as a table to find one, and one in full in a drawer. */
export function PartitionsPanel() {
  return (
    <div id="partitions">
      <Panel title="Partitions">
        <PartitionGrid />
        <Divider my="md" />
        <PartitionTable />
        <ItemDrawer />
      </Panel>
    </div>
  );
}
