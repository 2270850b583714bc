'use client';

import { Group, NativeSelect, Text } from '@mantine/core';
import { useMemo } from 'react';
import { MOST_RUNS } from '@/components/charts/series-marks.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import type { ComparedRun } from '@/lib/domain/comparison.ts';
import { shortId } from '@/lib/domain/dataset-name.ts';
import { plural } from '@/lib/domain/format.ts';
import { type SeriesBy, type SeriesX, type SeriesY, toSeries } from '@/lib/domain/series.ts';
import classes from './compare.module.css';
import { ComparisonFigure } from './comparison-figure.tsx';
import { whyNothing } from './figures.ts';
import { type HeldSetting, holdFixed } from './held-fixed.ts';
import { type ComparedSetting, settingName, settingText } from './settings.ts';
import { useCompareParams } from './use-compare-params.ts';

interface Props {
  runs: ComparedRun[];
  x: SeriesX;
  ys: SeriesY[];
  by: SeriesBy;
  /** Keys of the lines, in the order that gives them their colours. */
  order: string[];
}

/** Charts over one setting, with the others held fixed: which runs they show is said, and can be chosen. */
export function FigureSection({ runs, x, ys, by, order }: Props) {
  const params = useCompareParams();
  const asked = useMemo(() => readAsked(params.get(`hold.${x}`)), [params, x]);
  const { runs: taken, held } = useMemo(() => holdFixed(runs, x, by, asked), [runs, x, by, asked]);
  const choose = (setting: ComparedSetting, value: string) =>
    params.draw({ [`hold.${x}`]: writeAsked({ ...asked, [setting]: value }) });
  const choices = held.filter((each) => each.choices.length > 1);
  const nothing = whyNothing(runs, x);
  if (nothing)
    return (
      <Panel title={`By ${settingName[x].toLowerCase()}`}>
        <p className={classes.nothing}>{nothing}</p>
      </Panel>
    );
  return (
    <Panel
      title={`By ${settingName[x].toLowerCase()}`}
      note={noteOf(taken.length, runs.length)}
      action={
        choices.length > 0 && (
          <Group gap="xs" className={classes.holds}>
            <Text size="xs" c="dimmed">
              Held fixed:
            </Text>
            {choices.map((each) => (
              <Hold key={each.setting} held={each} onChange={(value) => choose(each.setting, value)} />
            ))}
          </Group>
        )
      }
    >
      <div className={classes.figures}>
        {ys.map((y) => (
          <ComparisonFigure
            key={y}
            series={toSeries(taken, x, y, by)}
            held={held}
            taken={taken.length}
            x={x}
            y={y}
            by={by}
            order={order}
          />
        ))}
      </div>
    </Panel>
  );
}

function noteOf(taken: number, all: number): string {
  const count = taken < all ? `${taken.toLocaleString('en-US')} of ${plural(all, 'run')}` : plural(all, 'run');
  const dots = taken > MOST_RUNS ? `single runs not drawn above ${MOST_RUNS}` : 'every run as a dot';
  return `${count}: mean ± 95 % CI over repeats (of two: their range), ${dots}, no outliers removed`;
}

function Hold({
  held: { setting, value, choices },
  onChange,
}: {
  held: HeldSetting;
  onChange: (value: string) => void;
}) {
  const ids = choices.map((choice) => String(choice.value));
  const text = (each: HeldSetting['value']) =>
    setting === 'dataset' || setting === 'modelId' ? shortId(String(each), ids) : settingText(setting, each);
  return (
    <NativeSelect
      size="xs"
      aria-label={`${settingName[setting]} held at`}
      value={String(value)}
      onChange={(event) => onChange(event.currentTarget.value)}
      data={choices.map((choice) => ({
        value: String(choice.value),
        label: `${settingName[setting]} ${text(choice.value)} (${plural(choice.runs, 'run')})`,
      }))}
    />
  );
}

/** `batchSize:512,memoryMb:2048` */
function readAsked(text: string | null): Partial<Record<ComparedSetting, string>> {
  const pairs = (text ?? '').split(',').flatMap((part) => {
    const [setting, ...value] = part.split(':');
    return setting && setting in settingName ? [[setting, value.join(':')] as const] : [];
  });
  return Object.fromEntries(pairs);
}

function writeAsked(asked: Partial<Record<ComparedSetting, string>>): string {
  return Object.entries(asked)
    .map(([setting, value]) => `${setting}:${value}`)
    .join(',');
}
