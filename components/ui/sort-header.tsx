'use client';

import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import Link from 'next/link';
import classes from './data-table.module.css';
import { useUrlQuery } from './use-url-query.ts';

interface Props {
  column: { header: string; sortKey?: string; numeric?: boolean };
  sort?: { key: string; order: 'asc' | 'desc' };
}

/** Head of a column; where the server can sort by it, a link that does so, the other way round the second time. */
export function SortHeader({ column: { header, sortKey, numeric }, sort }: Props) {
  const { href } = useUrlQuery();
  const className = numeric ? classes.numeric : undefined;
  if (!sortKey || !sort)
    return (
      <th scope="col" className={className}>
        {header}
      </th>
    );
  const active = sort.key === sortKey;
  const next = active && sort.order === 'desc' ? 'asc' : 'desc';
  const Arrow = sort.order === 'asc' ? IconArrowUp : IconArrowDown;
  return (
    <th
      scope="col"
      className={className}
      aria-sort={active ? (sort.order === 'asc' ? 'ascending' : 'descending') : undefined}
    >
      <Link className={classes.sort} href={href({ sort: sortKey, order: next, page: null })} scroll={false} replace>
        {header}
        {active && <Arrow size={13} aria-hidden />}
      </Link>
    </th>
  );
}
