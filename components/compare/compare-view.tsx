'use client';

import { Group, SegmentedControl, Select, Switch, Text } from '@mantine/core';
import { useMemo } from 'react';
import { Panel } from '@/components/ui/panel.tsx';
import type { Comparison } from '@/lib/domain/comparison.ts';
import { type SeriesBy, type SeriesX, type SeriesY, toSeries } from '@/lib/domain/series.ts';
import classes from './compare.module.css';
import { CompareTable } from './compare-table.tsx';
import { FigureSection } from './figure-section.tsx';
import { measureNames } from './figures.ts';
import { distinct } from './held-fixed.ts';
import { LeftOut } from './left-out.tsx';
import { seriesBy, seriesX, settingName } from './settings.ts';
import { useCompareParams } from './use-compare-params.ts';

/** The published charts over the chosen runs, any other pair of setting and measure, and the runs themselves. */
export function CompareView({ comparison }: { comparison: Comparison }) {
  const { runs, left_out: leftOut } = comparison;
  const params = useCompareParams();
  const time = oneOf(['mapWallMs', 'modelLoopMs'], params.get('time')) ?? 'mapWallMs';
  const rate = oneOf(['throughputBps', 'samplesPerSecond'], params.get('rate')) ?? 'throughputBps';
  const by = oneOf(seriesBy, params.get('by')) ?? 'partitionSizeBytes';
  const x = oneOf(seriesX, params.get('x'));
  const y = oneOf(Object.keys(measureNames) as SeriesY[], params.get('y'));
  const order = useMemo(
    () => toSeries(allMeasured(runs), 'dataSizeBytes', 'mapWallMs', by).map(({ key }) => key),
    [runs, by],
  );
  const ys: SeriesY[] = [time, rate, 'costUsd'];
  const sections: SeriesX[] = [
    'dataSizeBytes',
    'batchSize',
    ...(['partitionSizeBytes', 'memoryMb'] as const).filter((each) => distinct(runs, each) > 1),
  ];
  const lineOf = (over: SeriesX): SeriesBy =>
    over === by ? (by === 'partitionSizeBytes' ? 'batchSize' : 'partitionSizeBytes') : by;
  const orderOf = (line: SeriesBy) =>
    line === by ? order : toSeries(allMeasured(runs), 'dataSizeBytes', 'mapWallMs', line).map(({ key }) => key);

  return (
    <div className={classes.view}>
      <Group gap="md" className={classes.controls}>
        <Control label="Inference time">
          <SegmentedControl
            size="xs"
            value={time}
            onChange={(value) => params.draw({ time: value })}
            data={[
              { value: 'mapWallMs', label: 'Wall time of the map' },
              { value: 'modelLoopMs', label: 'Model loop, median partition' },
            ]}
          />
        </Control>
        <Control label="Throughput">
          <SegmentedControl
            size="xs"
            value={rate}
            onChange={(value) => params.draw({ rate: value })}
            data={[
              { value: 'throughputBps', label: 'bit/s' },
              { value: 'samplesPerSecond', label: 'samples/s' },
            ]}
          />
        </Control>
        <Control label="One line per">
          <Select
            size="xs"
            w={150}
            allowDeselect={false}
            aria-label="One line per"
            value={by}
            onChange={(value) => params.draw({ by: value })}
            data={seriesBy.map((value) => ({ value, label: settingName[value] }))}
          />
        </Control>
        <Switch
          size="xs"
          label="Include incomplete runs"
          checked={params.get('incomplete') === '1'}
          onChange={(event) => params.load({ incomplete: event.currentTarget.checked ? '1' : null })}
        />
        {params.loading && (
          <Text size="xs" c="dimmed" role="status">
            Reading the runs …
          </Text>
        )}
      </Group>
      <LeftOut leftOut={leftOut} />
      {sections.map((over) => (
        <FigureSection key={over} runs={runs} x={over} ys={ys} by={lineOf(over)} order={orderOf(lineOf(over))} />
      ))}
      <Panel
        title="Any other pair"
        action={
          <Group gap="xs">
            <Select
              size="xs"
              w={150}
              placeholder="Setting on x"
              aria-label="Setting on x"
              clearable
              value={x ?? null}
              onChange={(value) => params.draw({ x: value })}
              data={seriesX.map((value) => ({ value, label: settingName[value] }))}
            />
            <Select
              size="xs"
              w={270}
              placeholder="Measure on y"
              aria-label="Measure on y"
              clearable
              value={y ?? null}
              onChange={(value) => params.draw({ y: value })}
              data={Object.entries(measureNames).map(([value, label]) => ({ value, label }))}
            />
          </Group>
        }
      >
        <Text size="sm" c="dimmed">
          {x && y ? 'Drawn below.' : 'Choose a setting and a measure to draw one over the other.'}
        </Text>
      </Panel>
      {x && y && <FigureSection runs={runs} x={x} ys={[y]} by={lineOf(x)} order={orderOf(lineOf(x))} />}
      <CompareTable runs={runs} />
    </div>
  );
}

function Control({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <Group gap={8}>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      {children}
    </Group>
  );
}

/** Colours follow the setting, not whether a measure exists: every run counts for the order of the lines. */
function allMeasured(runs: Comparison['runs']): Comparison['runs'] {
  return runs.map((run) => ({ ...run, measures: { ...run.measures, mapWallMs: 0 } }));
}

function oneOf<T extends string>(allowed: readonly T[], text: string | null): T | undefined {
  return allowed.find((each) => each === text);
}
