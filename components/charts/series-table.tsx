'use client';

import { Anchor, Table } from '@mantine/core';
import Link from 'next/link';
import type { Series } from '@/lib/domain/series.ts';
import { type Axis, axisNumber } from './axis.ts';

interface Props {
  series: Series[];
  x: Axis;
  y: Axis;
  seriesLabel: string;
  xLabel: string;
  yLabel: string;
}

/** A chart's numbers as a table: every mean with its interval, and the runs behind it. */
export function SeriesTable({ series, x, y, seriesLabel, xLabel, yLabel }: Props) {
  const number = (value: number) => axisNumber(value * y.factor);
  return (
    <Table.ScrollContainer minWidth={420} maxHeight={300}>
      <Table fz="xs" verticalSpacing={4} stickyHeader style={{ whiteSpace: 'nowrap' }}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{seriesLabel}</Table.Th>
            <Table.Th ta="right">
              {xLabel} ({x.unit})
            </Table.Th>
            <Table.Th ta="right">
              {yLabel}, mean ({y.unit})
            </Table.Th>
            <Table.Th ta="right">95 % CI ({y.unit})</Table.Th>
            <Table.Th ta="right">n</Table.Th>
            <Table.Th>Runs</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {series.flatMap(({ key, label, points }) =>
            points.map((point) => (
              <Table.Tr key={`${key} ${point.x}`}>
                <Table.Td>{label}</Table.Td>
                <Table.Td ta="right">{axisNumber(point.x * x.factor)}</Table.Td>
                <Table.Td ta="right">{number(point.mean)}</Table.Td>
                <Table.Td ta="right">
                  {point.bar === null
                    ? 'one run'
                    : `${number(point.bar.low)} to ${number(point.bar.high)}${point.bar.kind === 'range' ? ' (range)' : ''}`}
                </Table.Td>
                <Table.Td ta="right">{point.n}</Table.Td>
                <Table.Td>
                  {point.raw.map(({ runId }, index) => (
                    <Anchor key={runId} component={Link} href={`/runs/${encodeURIComponent(runId)}`} fz="xs" mr={6}>
                      {index + 1}
                    </Anchor>
                  ))}
                </Table.Td>
              </Table.Tr>
            )),
          )}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
