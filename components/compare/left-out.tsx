'use client';

import { Anchor } from '@mantine/core';
import { IconAlertTriangleFilled } from '@tabler/icons-react';
import Link from 'next/link';
import { toneColor } from '@/components/ui/status.tsx';
import type { Comparison } from '@/lib/domain/comparison.ts';
import { plural } from '@/lib/domain/format.ts';
import classes from './compare.module.css';

/** Runs that are not in the charts, with the reason of each. */
export function LeftOut({ leftOut }: { leftOut: Comparison['left_out'] }) {
  if (leftOut.length === 0) return null;
  return (
    <details className={classes.leftOut} open={leftOut.length <= 5}>
      <summary>
        <IconAlertTriangleFilled size={14} style={{ color: toneColor('incomplete') }} aria-hidden />{' '}
        {plural(leftOut.length, 'run')} not in the charts
      </summary>
      <ul>
        {leftOut.map(({ id, label, reason }) => (
          <li key={id}>
            <Anchor component={Link} href={`/runs/${encodeURIComponent(id)}`} inherit underline="always">
              {label}
            </Anchor>
            : {reason}
          </li>
        ))}
      </ul>
    </details>
  );
}
