'use client';

import { Group, SegmentedControl, Select, Switch, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { drawnAs } from './figures.ts';
import { seriesBy, settingName } from './settings.ts';
import type { CompareParams } from './use-compare-params.ts';

/** Which measures the charts show, what a line is, and whether incomplete runs are in. */
export function CompareControls({ params }: { params: CompareParams }) {
  const { time, rate, by } = drawnAs(params.get);
  return (
    <Group gap="md">
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
  );
}

function Control({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Group gap={8}>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      {children}
    </Group>
  );
}
