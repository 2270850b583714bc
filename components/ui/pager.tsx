'use client';

import { NativeSelect, Pagination } from '@mantine/core';
import { formatCount, plural } from '@/lib/domain/format.ts';
import classes from './pager.module.css';
import { useUrlQuery } from './use-url-query.ts';

interface Props {
  page: number;
  pageSize: number;
  total: number;
  noun: string;
}

const SIZES = [25, 50, 100, 200];

/** Which rows of how many, and the way to the others; the page is in the address. */
export function Pager({ page, pageSize, total, noun }: Props) {
  const { change } = useUrlQuery();
  const pages = Math.ceil(total / pageSize);
  const first = (page - 1) * pageSize + 1;
  const last = Math.min(total, page * pageSize);
  if (total === 0) return null;
  return (
    <nav className={classes.pager} aria-label="Pages">
      <span>
        {pages > 1 && first <= last
          ? `${formatCount(first)}–${formatCount(last)} of ${plural(total, noun)}`
          : plural(total, noun)}
      </span>
      {total > Math.min(...SIZES) && (
        <NativeSelect
          size="xs"
          aria-label="Rows per page"
          data={[...new Set([...SIZES, pageSize])]
            .sort((a, b) => a - b)
            .map((size) => ({ value: String(size), label: `${size} per page` }))}
          value={String(pageSize)}
          onChange={(event) => change({ pageSize: event.currentTarget.value, page: null })}
        />
      )}
      {pages > 1 && (
        <Pagination
          size="sm"
          total={pages}
          value={page}
          siblings={1}
          onChange={(to) => change({ page: to === 1 ? null : to })}
          getItemProps={(to) => ({ 'aria-label': `Page ${to}` })}
          getControlProps={(control) => ({ 'aria-label': `${control} page` })}
        />
      )}
    </nav>
  );
}
