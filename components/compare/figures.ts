import type { AxisKind } from '@/components/charts/axis.ts';
import type { ComparedRun } from '@/lib/domain/comparison.ts';
import type { SeriesX, SeriesY } from '@/lib/domain/series.ts';
import { distinct } from './held-fixed.ts';
import { settingName, settingText } from './settings.ts';

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
    axisLabel: 'Model loop, median partition',
    kind: 'durationMs',
    column: 'model_loop_median_ms',
  },
  throughputBps: {
    name: 'Throughput',
    axisLabel: 'Bits ÷ wall time of the map',
    kind: 'throughputBps',
    column: 'throughput_bit_per_s',
  },
  samplesPerSecond: {
    name: 'Throughput',
    axisLabel: 'Samples ÷ wall time of the map',
    kind: 'samplesPerSecond',
    column: 'throughput_samples_per_s',
  },
  costUsd: { name: 'Cost', axisLabel: 'Cost of the run at AWS prices', kind: 'costUsd', column: 'cost_usd' },
};

export const measureNames: Record<SeriesY, string> = {
  mapWallMs: 'Inference time: wall time of the map',
  modelLoopMs: 'Inference time: model loop, median partition',
  throughputBps: 'Throughput in bit/s',
  samplesPerSecond: 'Throughput in samples/s',
  costUsd: 'Cost in USD',
};

/** Why a chart over this setting would show nothing; null when it has something to show. */
export function whyNothing(runs: readonly ComparedRun[], x: SeriesX, measured: number): string | null {
  const [first] = runs;
  if (!first) return 'No complete runs are chosen.';
  const name = settingName[x].toLowerCase();
  if (distinct(runs, x) === 1)
    return runs.length === 1
      ? `One run, with ${name} ${settingText(x, first.settings[x])}. A second ${name} is needed to plot on this axis.`
      : `All ${runs.length} runs have the same ${name} (${settingText(x, first.settings[x])}): nothing to plot on this axis.`;
  if (measured === 0) return 'None of these runs has this measured.';
  return null;
}
