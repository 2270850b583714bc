'use client';

import { Switch, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { Panel } from '@/components/ui/panel.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import type { ComparedRun } from '@/lib/domain/comparison.ts';
import { plural } from '@/lib/domain/format.ts';
import classes from './compare.module.css';
import { compareColumns } from './compare-columns.tsx';

/** The compared runs, with their settings and measures; sortable, with the columns that do not differ put away. */
export function CompareTable({ runs }: { runs: ComparedRun[] }) {
  const [sort, setSort] = useState<{ id: string; descending: boolean }>({ id: 'dataSize', descending: false });
  const [onlyDifferent, setOnlyDifferent] = useState(true);
  const columns = compareColumns.filter(
    ({ setting, value }) => !setting || !onlyDifferent || runs.length < 2 || new Set(runs.map(value)).size > 1,
  );
  const sorted = useMemo(() => {
    const column = compareColumns.find(({ id }) => id === sort.id);
    if (!column) return runs;
    const direction = sort.descending ? -1 : 1;
    return [...runs].sort((a, b) => direction * compareValues(column.value(a), column.value(b)));
  }, [runs, sort]);
  const sortBy = (id: string) => setSort((before) => ({ id, descending: before.id === id && !before.descending }));

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
      <section className={classes.tableBox} aria-label="Runs compared">
        <table className={classes.table}>
          <thead>
            <tr>
              {columns.map(({ id, title, kind }) => (
                <th
                  key={id}
                  scope="col"
                  data-number={kind !== undefined}
                  aria-sort={sort.id === id ? (sort.descending ? 'descending' : 'ascending') : undefined}
                >
                  <UnstyledButton className={classes.sort} onClick={() => sortBy(id)}>
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
            {sorted.map((run) => (
              <tr key={run.id}>
                {columns.map(({ id, kind, value, cell }) => (
                  <td key={id} data-number={kind !== undefined}>
                    {cell ? (
                      cell(run)
                    ) : kind ? (
                      <Quantity
                        kind={kind}
                        value={numberOf(value(run))}
                        like={runs.map((each) => numberOf(value(each)))}
                      />
                    ) : (
                      value(run)
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Panel>
  );
}

function numberOf(value: string | number | null): number | null {
  return typeof value === 'number' ? value : null;
}

/** What is not measured comes last. */
function compareValues(a: string | number | null, b: string | number | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return typeof a === 'number' && typeof b === 'number'
    ? a - b
    : String(a).localeCompare(String(b), 'en', { numeric: true });
}
