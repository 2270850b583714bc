'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import { Panel } from '@/components/ui/panel.tsx';
import type { DatasetManifest } from '@/lib/domain/dataset.ts';
import { formatBytes, plural } from '@/lib/domain/format.ts';
import classes from './partitions-list.module.css';

const ROW_PX = 30;

/** Every partition file with its size and samples; only the rows in sight are drawn. */
export function PartitionsList({ partitions }: Pick<DatasetManifest, 'partitions'>) {
  const scroller = useRef<HTMLElement>(null);
  const rows = useVirtualizer({
    count: partitions.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    initialRect: { width: 600, height: 360 },
  });
  return (
    <Panel title="Partitions" note={plural(partitions.length, 'file')} flush>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className={classes.scroller} ref={scroller} tabIndex={0} aria-label="Partition files">
        <ol className={classes.list} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const part = partitions[index];
            return (
              part && (
                <li key={part.file} className={classes.row} style={{ transform: `translateY(${start}px)` }}>
                  <code className={classes.file} title={part.file}>
                    {part.file}
                  </code>
                  <span>{formatBytes(part.bytes)}</span>
                  <span>{plural(part.samples, 'sample')}</span>
                </li>
              )
            );
          })}
        </ol>
      </section>
    </Panel>
  );
}
