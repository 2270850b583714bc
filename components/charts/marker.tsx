import type { SVGProps } from 'react';

/** How many series can be told apart: one colour and one shape each. */
export const SERIES_STYLES = 8;

const RADIUS = 4.5;
const SHAPES = ['circle', 'square', 'triangle', 'diamond', 'cross', 'plus', 'down', 'ring'] as const;

/** Colour of the nth series, as a CSS value inside `.palette`. */
export function seriesColor(index: number): string {
  return `var(--series-${index % SERIES_STYLES})`;
}

/** The shape of the nth series centred on (x, y): colour alone must not tell series apart. */
export function Marker({ index, x, y, size = RADIUS, ...rest }: MarkerProps) {
  const color = seriesColor(index);
  const shape = SHAPES[index % SERIES_STYLES] ?? 'circle';
  const lined = shape === 'cross' || shape === 'plus' || shape === 'ring';
  return (
    <path
      {...rest}
      d={outline[shape](size)}
      transform={`translate(${x},${y})`}
      fill={lined ? 'none' : color}
      stroke={color}
      strokeWidth={lined ? 2 : 1}
    />
  );
}

type MarkerProps = Omit<SVGProps<SVGPathElement>, 'd'> & { index: number; x: number; y: number; size?: number };

const circle = (r: number) => `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0Z`;

const outline = {
  circle,
  ring: circle,
  square: (r) => `M${-r},${-r}H${r}V${r}H${-r}Z`,
  triangle: (r) => `M0,${-r * 1.2}L${r * 1.15},${r * 0.9}H${-r * 1.15}Z`,
  down: (r) => `M0,${r * 1.2}L${r * 1.15},${-r * 0.9}H${-r * 1.15}Z`,
  diamond: (r) => `M0,${-r * 1.3}L${r * 1.3},0L0,${r * 1.3}L${-r * 1.3},0Z`,
  cross: (r) => `M${-r},${-r}L${r},${r}M${-r},${r}L${r},${-r}`,
  plus: (r) => `M0,${-r * 1.2}V${r * 1.2}M${-r * 1.2},0H${r * 1.2}`,
} satisfies Record<(typeof SHAPES)[number], (radius: number) => string>;
