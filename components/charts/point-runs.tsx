'use client';

import { Anchor, CloseButton, Group, Text } from '@mantine/core';
import Link from 'next/link';
import type { Series } from '@/lib/domain/series.ts';
import { type Axis, axisNumber } from './axis.ts';

interface Props {
  series: Series[];
  /** x in stored units. */
  at: number;
  x: Axis;
  y: Axis;
  onClose: () => void;
}

/** The runs behind the points at one x, as links. */
export function PointRuns({ series, at, x, y, onClose }: Props) {
  const here = series.flatMap(({ key, label, points }) => {
    const point = points.find((candidate) => Math.abs(candidate.x - at) <= at * 1e-9);
    return point ? [{ key, label, runs: point.raw }] : [];
  });
  return (
    <div role="status">
      <Group justify="space-between" mt={6}>
        <Text size="xs" fw={600}>
          Runs at {axisNumber(at * x.factor)} {x.unit}
        </Text>
        <CloseButton size="xs" aria-label="Close the list of runs" onClick={onClose} />
      </Group>
      {here.map(({ key, label, runs }) => (
        <Text key={key} size="xs">
          {label}:{' '}
          {runs.map(({ runId, y: value }, index) => (
            <span key={runId}>
              {index > 0 && ', '}
              <Anchor component={Link} href={`/runs/${encodeURIComponent(runId)}`} size="xs">
                {axisNumber(value * y.factor)} {y.unit}
              </Anchor>
            </span>
          ))}
        </Text>
      ))}
    </div>
  );
}
