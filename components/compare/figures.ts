import type { AxisKind } from '@/components/charts/axis.ts';
import type { ComparedRun } from '@/lib/domain/comparison.ts';
import type { SeriesX, SeriesY } from '@/lib/domain/series.ts';
import { distinct } from './held-fixed.ts';
import { seriesBy, seriesX, settingName, settingText } from './settings.ts';

/** How a measure is named, drawn and exported. */
export const measures: Record<SeriesY, { name: string; axisLabel: string; kind: AxisKind; column: string }> = {
  mapWallMs: {
    name: 'Inference time',
    axisLabel: 'Wall time of the map',
    kind: 'durationMs',
    column: 'map_wall_ms',
  },
  modelLoopMs: {
    name: 'Inference time',
    axisLabel: 'Model loop, median',
    kind: 'durationMs',
    column: 'model_loop_median_ms',
  },
  throughputBps: {
    name: 'Throughput',
    axisLabel: 'Throughput of the run',
    kind: 'throughputBps',
    column: 'throughput_bit_per_s',
  },
  samplesPerSecond: {
    name: 'Throughput',
    axisLabel: 'Throughput of the run',
    kind: 'samplesPerSecond',
    column: 'throughput_samples_per_s',
  },
  costUsd: { name: 'Cost', axisLabel: 'Cost at AWS prices', kind: 'costUsd', column: 'cost_usd' },
};

export const measureNames: Record<SeriesY, string> = {
  mapWallMs: 'Inference time: wall time of the map',
  modelLoopMs: 'Inference time: model loop, median partition',
  throughputBps: 'Throughput in bit/s',
  samplesPerSecond: 'Throughput in samples/s',
  costUsd: 'Cost in USD',
};

/** How the URL asks for the charts to be drawn; anything not understood falls back to its default. */
export function drawnAs(get: (name: string) => string | null) {
  return {
    time: oneOf(['mapWallMs', 'modelLoopMs'], get('time')) ?? 'mapWallMs',
    rate: oneOf(['throughputBps', 'samplesPerSecond'], get('rate')) ?? 'throughputBps',
    by: oneOf(seriesBy, get('by')) ?? 'partitionSizeBytes',
    x: oneOf(seriesX, get('x')),
    y: oneOf(Object.keys(measureNames) as SeriesY[], get('y')),
  } as const;
}

function oneOf<T extends string>(allowed: readonly T[], text: string | null): T | undefined {
  return allowed.find((each) => each === text);
}

/** Why charts over this setting would show nothing; null when it has something to show. */
export function whyNothing(runs: readonly ComparedRun[], x: SeriesX): string | null {
  const [first] = runs;
  if (!first) return 'No complete runs are chosen.';
  const name = settingName[x].toLowerCase();
  if (distinct(runs, x) === 1)
    return runs.length === 1
      ? `One run, with ${name} ${settingText(x, first.settings[x])}. A second ${name} is needed to plot on this axis.`
      : `All ${runs.length} runs have the same ${name} (${settingText(x, first.settings[x])}): nothing to plot on this axis.`;
  return null;
}
