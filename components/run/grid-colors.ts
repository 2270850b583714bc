'use client';

import { useComputedColorScheme } from '@mantine/core';
import { useMemo } from 'react';
import { css, type Rgb, viridis } from '@/components/charts/color-scale.ts';
import { statusLook, type Tone } from '@/components/ui/status.tsx';
import type { ItemStatus } from '@/lib/domain/run.ts';

/** A CSS variable of the theme, or a colour of its own. */
export type CellColor = `--${string}` | Rgb;

export const PENDING_COLOR = '--line';

const toneVariable = (tone: Tone): `--${string}` => `--tone-${tone}`;

/** Durations from half the median (dark) to four times it (bright), on a log scale; states without one keep their colour. */
export function durationColor(
  cell: { status: ItemStatus; durationMs: number | null },
  medianMs: number | null,
): CellColor {
  if (cell.status !== 'SUCCEEDED') return statusColor(cell.status);
  if (cell.durationMs === null || !medianMs || cell.durationMs <= 0) return PENDING_COLOR;
  return viridis((Math.log2(cell.durationMs / medianMs) + 1) / 3);
}

/** Colour of a state, as everywhere else; what waits steps back. */
export function statusColor(status: ItemStatus): CellColor {
  return status === 'PENDING' ? PENDING_COLOR : toneVariable(statusLook[status].tone);
}

/** Resolves the theme's colours for a canvas, again when the scheme changes. */
export function useCanvasColors(): (color: CellColor) => string {
  const scheme = useComputedColorScheme('light');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme decides what the variables resolve to
  return useMemo(() => {
    const resolved = new Map<string, string>();
    return (color) => {
      if (typeof color !== 'string') return css(color);
      const known = resolved.get(color) ?? getComputedStyle(document.documentElement).getPropertyValue(color).trim();
      resolved.set(color, known);
      return known;
    };
  }, [scheme]);
}
