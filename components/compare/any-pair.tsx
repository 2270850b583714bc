'use client';

import { Group, Select } from '@mantine/core';
import { Panel } from '@/components/ui/panel.tsx';
import classes from './compare.module.css';
import { drawnAs, measureNames } from './figures.ts';
import { seriesX, settingName } from './settings.ts';
import type { CompareParams } from './use-compare-params.ts';

/** Chooses a setting and a measure for one more chart. */
export function AnyPair({ params }: { params: CompareParams }) {
  const { x, y } = drawnAs(params.get);
  return (
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
            maw="100%"
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
      <p className={classes.nothing}>
        {x && y ? 'Drawn below.' : 'Choose a setting and a measure to draw one over the other.'}
      </p>
    </Panel>
  );
}
