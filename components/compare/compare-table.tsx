'use client';

import { Switch, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { Panel } from '@/components/ui/panel.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import type { ComparedRun } from '@/lib/domain/comparison.ts';
import { plural } from '@/lib/domain/format.ts';
import classes from './compare.module.css';
import { type CompareColumn, compareColumns } from './compare-columns.tsx';

const ROW_PX = 32;
/** Values of a column that decide its unit and decimals, besides the largest. */
const SAMPLED = 40;

/** The compared runs, with their settings and measures; sortable, with the columns that do not differ put away. */
export function CompareTable({ runs }: { runs: ComparedRun[] }) {
  const [sort, setSort] = useState<{ id: string; descending: boolean }>({ id: 'dataSize', descending: false });
  const [onlyDifferent, setOnlyDifferent] = useState(true);
  const columns = useMemo(() => shownColumns(runs, onlyDifferent), [runs, onlyDifferent]);
  const sorted = useMemo(() => sortedRuns(runs, sort), [runs, sort]);
  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const inView = virtual.getVirtualItems();

  return (
    <Panel
      title="Runs"
      note={plural(runs.length, 'run')}
      action={
        <Switch
          size="xs"
          label="Only settings that differ"
          checked={onlyDifferent}
          onChange={(event) => setOnlyDifferent(event.currentTarget.checked)}
        />
      }
      flush
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section ref={scroller} className={classes.tableBox} aria-label="Runs compared" tabIndex={0}>
        <table className={classes.table} aria-rowcount={runs.length + 1}>
          <thead>
            <tr aria-rowindex={1}>
              {columns.map(({ column: { id, title, kind } }) => (
                <th
                  key={id}
                  scope="col"
                  data-number={kind !== undefined}
                  aria-sort={sort.id === id ? (sort.descending ? 'descending' : 'ascending') : undefined}
                >
                  <UnstyledButton
                    className={classes.sort}
                    onClick={() => setSort((before) => ({ id, descending: before.id === id && !before.descending }))}
                  >
                    {title}
                    {sort.id === id &&
                      (sort.descending ? (
                        <IconChevronDown size={13} aria-hidden />
                      ) : (
                        <IconChevronUp size={13} aria-hidden />
                      ))}
                  </UnstyledButton>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Spacer columns={columns.length} height={inView[0]?.start ?? 0} />
            {inView.map(({ index }) => {
              const run = sorted[index];
              return (
                run && (
                  <tr key={run.id} aria-rowindex={index + 2}>
                    {columns.map(({ column, like }) => (
                      <td key={column.id} data-number={column.kind !== undefined}>
                        <Cell column={column} run={run} like={like} />
                      </td>
                    ))}
                  </tr>
                )
              );
            })}
            <Spacer columns={columns.length} height={virtual.getTotalSize() - (inView.at(-1)?.end ?? 0)} />
          </tbody>
        </table>
      </section>
    </Panel>
  );
}

function Cell({ column, run, like }: { column: CompareColumn; run: ComparedRun; like: number[] }) {
  const { cell, kind, value } = column;
  if (cell) return cell(run);
  const content = value(run);
  return kind ? <Quantity kind={kind} value={typeof content === 'number' ? content : null} like={like} /> : content;
}

/** Stands for the rows that are not drawn. */
function Spacer({ columns, height }: { columns: number; height: number }) {
  if (height <= 0) return null;
  return (
    <tr>
      <td colSpan={columns} style={{ height, padding: 0, border: 0 }} />
    </tr>
  );
}

function shownColumns(runs: ComparedRun[], onlyDifferent: boolean): { column: CompareColumn; like: number[] }[] {
  return compareColumns
    .filter(({ setting, value }) => !setting || !onlyDifferent || runs.length < 2 || new Set(runs.map(value)).size > 1)
    .map((column) => {
      const numbers = runs.flatMap((run) => {
        const value = column.value(run);
        return typeof value === 'number' ? [value] : [];
      });
      const largest = numbers.reduce((most, value) => Math.max(most, value), 0);
      return { column, like: [largest, ...numbers.slice(0, SAMPLED)] };
    });
}

function sortedRuns(runs: ComparedRun[], sort: { id: string; descending: boolean }): ComparedRun[] {
  const column = compareColumns.find(({ id }) => id === sort.id);
  if (!column) return runs;
  const direction = sort.descending ? -1 : 1;
  return [...runs].sort((a, b) => {
    const one = column.value(a);
    const other = column.value(b);
    // What is not measured comes last, whichever way.
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    const order =
      typeof one === 'number' && typeof other === 'number'
        ? one - other
        : String(one).localeCompare(String(other), 'en', { numeric: true });
    return direction * order;
  });
}
