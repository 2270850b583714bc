'use client';

import type { MouseEvent } from 'react';
import { usePlotArea, useXAxisInverseDataSnapScale } from 'recharts';

/** Takes a click or tap anywhere in the plot for the nearest x of the data (in display units). */
export function PickArea({ onPick }: { onPick: (x: number) => void }) {
  const plot = usePlotArea();
  const nearest = useXAxisInverseDataSnapScale();
  if (!plot || !nearest) return null;
  const pick = (event: MouseEvent<SVGRectElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const x = nearest(plot.x + ((event.clientX - left) / width) * plot.width);
    if (typeof x === 'number') onPick(x);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: with the keyboard, "Show as table" leads to the same runs
    <rect {...plot} fill="transparent" onClick={pick} />
  );
}
