import type { Tensors } from './ort-session.ts';
import type { Numbers } from './tensor-data.ts';

/**
 * How far two results are apart: of any output the largest difference, by the largest value in it. Infinite where something
 * else differs than floats by their rounding.
 */
export function largestDifference(outputs: Tensors, others: Tensors): number {
  return Math.max(
    0,
    ...Object.entries(others).map(([name, { data: expected }]) => difference(outputs[name]?.data ?? [], expected)),
  );
}

function difference(values: Numbers | ArrayLike<never>, expected: Numbers): number {
  if (values.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < expected.length; i++) {
    const [value, other] = [values[i], expected[i]];
    if (typeof other === 'number' && Number.isFinite(other)) largest = Math.max(largest, Math.abs(other));
    if (Object.is(value, other)) continue;
    const apart = Math.abs(Number(value) - Number(other));
    if (typeof other !== 'number' || !Number.isFinite(apart)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, apart);
  }
  return difference === 0 ? 0 : difference / largest;
}
