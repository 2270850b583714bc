import { Skeleton } from '@mantine/core';
import { Panel } from './panel.tsx';

/** Stands for a panel whose content is being read. */
export function LoadingPanel({ title, lines = 4 }: { title?: string; lines?: number }) {
  return (
    <Panel title={title} label={title ?? 'Loading'}>
      <div role="status" aria-label={`Loading${title ? ` ${title.toLowerCase()}` : ''}`}>
        {Array.from({ length: lines }, (_, line) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike and never change places
          <Skeleton key={line} height={14} my={12} width={`${[92, 78, 85, 64][line % 4]}%`} />
        ))}
      </div>
    </Panel>
  );
}
