'use client';

import { Button, Group, Select, Skeleton, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconChevronDown, IconChevronUp, IconSearch } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import { statusLook } from '@/components/ui/status.tsx';
import { formatCount } from '@/lib/domain/format.ts';
import { itemStatuses, type RunItemRow } from '@/lib/domain/run.ts';
import type { RunItemsQuery } from '@/lib/domain/run-items-query.ts';
import { type ItemColumn, itemColumns } from './item-columns.tsx';
import { itemsEnded, useRun } from './live-run.tsx';
import { useOpenItem } from './open-item.ts';
import classes from './partition-table.module.css';
import { ScrollRegion } from './scroll-region.tsx';
import { useItemWindow } from './use-item-window.ts';
import { useThrottled } from './use-resource.ts';

const ROW_PX = 34;

/** Every item of the run: sorted and filtered on the server, only the rows in view are read and drawn. */
export function PartitionTable() {
  const run = useRun();
  const { open } = useOpenItem();
  const [sort, setSort] = useState<Pick<RunItemsQuery, 'sort' | 'order'>>({ sort: 'rank', order: 'asc' });
  const [status, setStatus] = useState<string | null>(null);
  const [search, setSearch] = useState('');
  const [debounced] = useDebouncedValue(search, 250);

  const query = new URLSearchParams({
    ...sort,
    ...(status ? { status } : {}),
    ...(debounced ? { search: debounced } : {}),
  });
  const revision = useThrottled(`${run.status} ${run.completeness} ${itemsEnded(run)} ${run.counts.running}`, 2_000);
  const list = useItemWindow(run.id, query.toString(), revision);

  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: list.total ?? 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const inView = virtual.getVirtualItems();
  const first = inView[0]?.index ?? 0;
  const last = inView.at(-1)?.index ?? 0;
  const { show } = list;
  useEffect(() => show(first, last), [show, first, last]);

  const sortBy = (key: RunItemsQuery['sort']) =>
    setSort((before) => ({ sort: key, order: before.sort === key && before.order === 'asc' ? 'desc' : 'asc' }));
  const onRowKey = (event: KeyboardEvent<HTMLTableRowElement>, item: RunItemRow | undefined) => {
    if (event.key === 'Enter' && item) open(item.rank);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Number(event.currentTarget.getAttribute('aria-rowindex')) + step;
    scroller.current?.querySelector<HTMLElement>(`[aria-rowindex="${next}"]`)?.focus();
  };

  return (
    <div>
      <Group gap="xs" mb="xs">
        <TextInput
          size="xs"
          w={260}
          maw="100%"
          placeholder="Part of a file's key, or a rank"
          aria-label="Search the partitions"
          leftSection={<IconSearch size={14} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <Select
          size="xs"
          w={150}
          placeholder="Any state"
          aria-label="State"
          clearable
          data={itemStatuses.map((value) => ({ value, label: statusLook[value].word }))}
          value={status}
          onChange={setStatus}
        />
        <Text size="xs" c="dimmed">
          {list.total !== null && `${list.total.toLocaleString('en-US')} ${list.total === 1 ? 'item' : 'items'}`}
        </Text>
      </Group>
      {list.error && (
        <ErrorPanel
          title="The partitions could not be read"
          action={
            <Button size="compact-xs" variant="light" color="red" onClick={list.reload}>
              Try again
            </Button>
          }
        >
          {list.error}
        </ErrorPanel>
      )}
      <ScrollRegion ref={scroller} className={classes.scroller} label="Table of the partitions">
        <table className={classes.table} aria-rowcount={(list.total ?? 0) + 1}>
          <colgroup>
            {itemColumns.map(({ id, width }) => (
              <col key={id} style={{ width }} />
            ))}
          </colgroup>
          <thead>
            <tr aria-rowindex={1}>
              {itemColumns.map(({ id, title, sort: key, quantity }) => (
                <th
                  key={id}
                  scope="col"
                  data-number={quantity !== undefined}
                  aria-sort={key && key === sort.sort ? (sort.order === 'asc' ? 'ascending' : 'descending') : undefined}
                >
                  {key ? (
                    <UnstyledButton className={classes.sort} onClick={() => sortBy(key)}>
                      {title}
                      {key === sort.sort &&
                        (sort.order === 'asc' ? (
                          <IconChevronUp size={14} aria-hidden />
                        ) : (
                          <IconChevronDown size={14} aria-hidden />
                        ))}
                    </UnstyledButton>
                  ) : (
                    title
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Spacer height={inView[0]?.start ?? 0} />
            {inView.map(({ index }) => {
              const item = list.row(index);
              return (
                <tr
                  key={index}
                  className={classes.row}
                  tabIndex={-1}
                  aria-rowindex={index + 2}
                  onClick={() => item && open(item.rank)}
                  onKeyDown={(event) => onRowKey(event, item)}
                >
                  {itemColumns.map((column) => (
                    <td key={column.id} data-number={column.quantity !== undefined} data-column={column.id}>
                      {!item ? (
                        <Skeleton height={10} width="70%" />
                      ) : column.id === 'rank' ? (
                        <UnstyledButton
                          className={classes.open}
                          onClick={() => open(item.rank)}
                          aria-label={`Open item ${item.rank}`}
                        >
                          {formatCount(item.rank)}
                        </UnstyledButton>
                      ) : (
                        <ItemCell column={column} item={item} rows={list.rows} />
                      )}
                    </td>
                  ))}
                </tr>
              );
            })}
            <Spacer height={virtual.getTotalSize() - (inView.at(-1)?.end ?? 0)} />
          </tbody>
        </table>
      </ScrollRegion>
      {list.total === 0 && (
        <Text size="sm" c="dimmed" mt="xs">
          {status || debounced ? 'No partition matches. Clear the search or the state.' : 'No partitions yet.'}
        </Text>
      )}
    </div>
  );
}

function ItemCell({ column, item, rows }: { column: ItemColumn; item: RunItemRow; rows: RunItemRow[] }) {
  const { quantity, cell } = column;
  if (!quantity) return cell?.(item) ?? null;
  return <Quantity kind={quantity.kind} value={quantity.value(item)} like={rows.map(quantity.value)} />;
}

/** Stands for the rows that are not drawn. */
function Spacer({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr>
      <td colSpan={itemColumns.length} style={{ height, padding: 0, border: 0 }} />
    </tr>
  );
}
