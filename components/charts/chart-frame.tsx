'use client';

import { ActionIcon, Button, Group, Menu, UnstyledButton } from '@mantine/core';
import { IconDots, IconFileTypeCsv, IconFileTypeSvg, IconPhoto, IconTable } from '@tabler/icons-react';
import { useMemo, useRef, useState } from 'react';
import type { Series, SeriesPoint } from '@/lib/domain/series.ts';
import { type Axis, type AxisKind, settingAxis, valueAxis } from './axis.ts';
import classes from './chart.module.css';
import { seriesCsv } from './csv.ts';
import { Marker } from './marker.tsx';
import { type Caption, chartPng, chartSvg, saveFile } from './picture.ts';
import { PointRuns } from './point-runs.tsx';
import { SeriesChart } from './series-chart.tsx';
import { SeriesTable } from './series-table.tsx';

export interface ChartAxis {
  kind: AxisKind;
  /** What it is, without the unit. */
  label: string;
  /** Column name in the CSV file, unit included. */
  column: string;
  log: boolean;
}

interface Props {
  /** Above the chart; the section it stands in says the rest. */
  heading: string;
  /** All of it, for downloads and screen readers. */
  title: string;
  /** Which runs are in it and what was held fixed. */
  note: string;
  /** Why there is nothing to draw; null when there is. */
  nothing: string | null;
  series: Series[];
  /** Keys of all series of the page: position decides colour and shape, the same on every chart. */
  order: string[];
  seriesLabel: string;
  x: ChartAxis;
  y: ChartAxis;
  onLog: (axis: 'x' | 'y', log: boolean) => void;
  fileName: string;
}

/** A chart with its title, legend, log switches, table view and downloads. */
export function ChartFrame({
  heading,
  title,
  note,
  nothing,
  series,
  order,
  seriesLabel,
  x,
  y,
  onLog,
  fileName,
}: Props) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [asTable, setAsTable] = useState(false);
  const [picked, setPicked] = useState<number | null>(null);
  const plot = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLUListElement>(null);

  const visible = useMemo(() => series.filter(({ key }) => !hidden.has(key)), [series, hidden]);
  const shown = visible.length > 0 ? visible : series;
  const xAxis = settingAxis(
    x.kind,
    shown.flatMap(({ points }) => points.map((point) => point.x)),
    x.log,
  );
  const yAxis = valueAxis(
    y.kind,
    shown.flatMap(({ points }) => points.flatMap(valuesOf)),
    y.log,
  );
  const styleOf = (key: string) => Math.max(0, order.indexOf(key));
  const svg = () => plot.current?.querySelector<SVGSVGElement>('svg.recharts-surface');
  const columns = { series: seriesLabel, x: x.column, y: y.column };

  const toggle = (key: string) =>
    setHidden((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  const caption = (): Caption => ({
    title,
    note,
    legend: shown.flatMap(({ key, label }) => {
      const marker = legend.current?.querySelector<SVGSVGElement>(`svg[data-series="${CSS.escape(key)}"]`);
      return marker ? [{ marker, label }] : [];
    }),
  });
  const saveSvg = () => {
    const drawn = svg();
    if (drawn) saveFile(chartSvg(drawn, caption()), `${fileName}.svg`, 'image/svg+xml');
  };
  const savePng = async () => {
    const drawn = svg();
    if (drawn) saveFile(await chartPng(drawn, caption()), `${fileName}.png`);
  };

  return (
    <figure className={`${classes.frame} ${classes.palette}`} style={{ margin: 0 }} aria-label={title}>
      <div className={classes.head}>
        <div>
          <figcaption>
            <h3 className={classes.title}>{heading}</h3>
          </figcaption>
          <div className={classes.note}>{note}</div>
        </div>
        <Group gap={2} wrap="nowrap">
          {(['x', 'y'] as const).map((axis) => {
            const on = axis === 'x' ? x.log : y.log;
            return (
              <Button
                key={axis}
                size="compact-xs"
                variant={on ? 'light' : 'subtle'}
                color={on ? undefined : 'gray'}
                aria-pressed={on}
                aria-label={`Log ${axis} axis: ${title}`}
                disabled={nothing !== null}
                onClick={() => onLog(axis, !on)}
              >
                log {axis}
              </Button>
            );
          })}
          <Menu position="bottom-end" withinPortal keepMounted={false}>
            <Menu.Target>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Options and downloads: ${title}`}
                disabled={nothing !== null}
              >
                <IconDots size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Label>View</Menu.Label>
              <Menu.Item leftSection={<IconTable size={16} />} onClick={() => setAsTable(!asTable)}>
                {asTable ? 'Show as chart' : 'Show as table'}
              </Menu.Item>
              <Menu.Label>Download</Menu.Label>
              <Menu.Item leftSection={<IconFileTypeSvg size={16} />} onClick={saveSvg} disabled={asTable}>
                SVG
              </Menu.Item>
              <Menu.Item leftSection={<IconPhoto size={16} />} onClick={savePng} disabled={asTable}>
                PNG
              </Menu.Item>
              <Menu.Item
                leftSection={<IconFileTypeCsv size={16} />}
                onClick={() => saveFile(seriesCsv(series, columns), `${fileName}.csv`, 'text/csv')}
              >
                CSV, one row per run
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Group>
      </div>

      <div className={classes.plot} ref={plot} style={asTable ? { height: 'auto', minHeight: 280 } : undefined}>
        {nothing !== null ? (
          <div className={classes.nothing}>{nothing}</div>
        ) : asTable ? (
          <SeriesTable series={shown} x={xAxis} y={yAxis} seriesLabel={seriesLabel} xLabel={x.label} yLabel={y.label} />
        ) : (
          <SeriesChart
            series={shown}
            styleOf={styleOf}
            x={xAxis}
            y={yAxis}
            xLabel={axisTitle(x.label, xAxis)}
            yLabel={axisTitle(y.label, yAxis)}
            label={title}
            onPick={setPicked}
          />
        )}
      </div>

      {nothing === null && (
        <ul ref={legend} className={classes.legend} aria-label="Series">
          {series.map(({ key, label }) => (
            <li key={key}>
              <UnstyledButton
                className={classes.legendKey}
                aria-pressed={!hidden.has(key)}
                onClick={() => toggle(key)}
                title={hidden.has(key) ? `Show ${label}` : `Hide ${label}`}
              >
                <svg width="14" height="14" aria-hidden="true" data-series={key}>
                  <Marker index={styleOf(key)} x={7} y={7} />
                </svg>
                {label}
              </UnstyledButton>
            </li>
          ))}
        </ul>
      )}
      {nothing === null && picked !== null && !asTable && (
        <PointRuns series={shown} at={picked} x={xAxis} y={yAxis} onClose={() => setPicked(null)} />
      )}
    </figure>
  );
}

function axisTitle(label: string, { unit, scale }: Axis): string {
  return `${label} (${unit}${scale === 'log' ? ', log' : ''})`;
}

/** What the y axis must hold. */
function valuesOf({ mean, raw, bar }: SeriesPoint): number[] {
  return [mean, ...raw.map(({ y }) => y), ...(bar ? [bar.low, bar.high] : [])];
}
