'use client';

import { Checkbox } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import {
  columnVisibilityFeature,
  type RowData,
  type RowSelectionState,
  rowSelectionFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { type ReactNode, useMemo, useState } from 'react';
import { ColumnChooser } from './column-chooser.tsx';
import classes from './data-table.module.css';
import { SortHeader } from './sort-header.tsx';
import { useRowKeys } from './use-row-keys.ts';
import { useUrlQuery } from './use-url-query.ts';

export interface DataColumn<T> {
  id: string;
  header: string;
  /** What the server sorts by; absent where it cannot. */
  sortKey?: string;
  numeric?: boolean;
  /** Hidden until the user wants it. */
  extra?: boolean;
  /** All rows of the page are given for the sake of one unit in the column. */
  cell: (row: T, rows: readonly T[]) => ReactNode;
}

interface Props<T extends RowData> {
  /** Accessible name, and where the chosen columns are remembered. */
  label: string;
  columns: DataColumn<T>[];
  rows: T[];
  rowId: (row: T) => string;
  /** Where a click on the row leads. */
  rowHref: (row: T) => string;
  sort?: { key: string; order: 'asc' | 'desc' };
  /** Filters, at the left above the table. */
  toolbar?: ReactNode;
  /** Shown while rows are selected; without it rows cannot be. */
  actions?: (ids: string[], clear: () => void) => ReactNode;
  /** Below the table: paging. */
  footer?: ReactNode;
  /** Instead of the table when there are no rows. */
  empty: ReactNode;
}

const features = tableFeatures({ columnVisibilityFeature, rowSelectionFeature });

/**
 * Rows that lead somewhere. Sorting is the server's, by the address; columns can be hidden; the keyboard moves with up
 * and down, opens with enter and selects with space.
 */
export function DataTable<T extends RowData>({
  label,
  columns,
  rows,
  rowId,
  rowHref,
  sort,
  toolbar,
  actions,
  footer,
  empty,
}: Props<T>) {
  const { pending } = useUrlQuery();
  const [selection, setSelection] = useState<RowSelectionState>({});
  const [shown, setShown] = useLocalStorage<Record<string, boolean>>({
    key: `starmap-columns-${label.toLowerCase().replaceAll(' ', '-')}`,
    defaultValue: {},
  });
  const visibility = useMemo(
    () => Object.fromEntries(columns.map(({ id, extra }) => [id, shown[id] ?? !extra])),
    [columns, shown],
  );
  const table = useTable({
    features,
    data: rows,
    columns: useMemo(() => columns.map(({ id, header }) => ({ id, header })), [columns]),
    getRowId: rowId,
    state: { rowSelection: selection, columnVisibility: visibility },
    onRowSelectionChange: setSelection,
  });
  const byId = new Map(columns.map((column) => [column.id, column]));
  const visible = columns.filter(({ id }) => visibility[id]);
  const selected = Object.keys(selection);
  const here = new Set(rows.map(rowId));
  const away = selected.filter((id) => !here.has(id)).length;
  const keys = useRowKeys();

  return (
    <div className={classes.root} data-pending={pending || undefined}>
      {(toolbar || rows.length > 0) && (
        <div className={classes.toolbar}>
          <div className={classes.filters}>{toolbar}</div>
          <ColumnChooser columns={columns} visibility={visibility} onChange={setShown} />
        </div>
      )}
      {actions && selected.length > 0 && (
        <div className={classes.actions} role="toolbar" aria-label={`Selected ${label.toLowerCase()}`}>
          {actions(selected, () => setSelection({}))}
          {away > 0 && <span className={classes.away}>{away} of them not on this page</span>}
        </div>
      )}
      {rows.length === 0 ? (
        empty
      ) : (
        <div className={classes.scroller}>
          <table className={classes.table} aria-label={label} aria-busy={pending}>
            <thead>
              <tr>
                {actions && (
                  <th className={classes.tick}>
                    <Checkbox
                      size="xs"
                      aria-label="Select all on this page"
                      checked={table.getIsAllRowsSelected()}
                      indeterminate={table.getIsSomeRowsSelected()}
                      onChange={table.getToggleAllRowsSelectedHandler()}
                    />
                  </th>
                )}
                {visible.map((column) => (
                  <SortHeader key={column.id} column={column} sort={sort} />
                ))}
              </tr>
            </thead>
            <tbody {...keys.body}>
              {table.getRowModel().rows.map((row, index) => (
                <tr
                  key={row.id}
                  {...keys.row(index, rowHref(row.original), () => actions && row.toggleSelected())}
                  data-selected={row.getIsSelected() || undefined}
                >
                  {actions && (
                    <td className={classes.tick}>
                      <Checkbox
                        size="xs"
                        aria-label={`Select ${row.id}`}
                        checked={row.getIsSelected()}
                        onChange={row.getToggleSelectedHandler()}
                      />
                    </td>
                  )}
                  {row.getVisibleCells().map(({ id, column }) => (
                    <td key={id} className={byId.get(column.id)?.numeric ? classes.numeric : undefined}>
                      {byId.get(column.id)?.cell(row.original, rows)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {footer}
    </div>
  );
}
