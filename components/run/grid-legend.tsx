'use client';

import { css, viridis } from '@/components/charts/color-scale.ts';
import { itemParts } from '@/components/ui/progress.tsx';
import { toneColor } from '@/components/ui/status.tsx';
import { formatCount, formatDuration } from '@/lib/domain/format.ts';
import { PENDING_COLOR } from './grid-colors.ts';
import { useRun } from './live-run.tsx';
import classes from './partition-grid.module.css';

/** What the colours mean, with how many items there are of each. */
export function GridLegend({ colorBy, medianMs }: { colorBy: 'status' | 'duration'; medianMs: number | null }) {
  const { counts } = useRun();
  if (colorBy === 'duration')
    return (
      <span className={classes.legend}>
        {medianMs === null ? (
          'No item has finished yet.'
        ) : (
          <>
            ½ ×
            <i
              className={classes.scale}
              style={{
                background: `linear-gradient(to right, ${[0, 0.25, 0.5, 0.75, 1].map((share) => css(viridis(share))).join(',')})`,
              }}
            />
            4 × the median of {formatDuration(medianMs)}
          </>
        )}
      </span>
    );
  const states = [
    { color: `var(${PENDING_COLOR})`, word: 'pending', count: counts.pending },
    ...itemParts(counts).map(({ tone, ...part }) => ({ ...part, color: toneColor(tone) })),
  ].filter(({ count }) => count > 0);
  return (
    <span className={classes.legend}>
      {states.map(({ color, word, count }) => (
        <span key={word} className={classes.legend}>
          <i className={classes.swatch} style={{ background: color }} />
          {formatCount(count)} {word}
        </span>
      ))}
    </span>
  );
}
