import * as z from 'zod';

/**
 * A whole number that the published payload may carry as a number or as a string (`"11"`).
 * @param bounds smallest and largest value accepted; the message names them.
 */
export function wireInteger(bounds: { min: number; max: number }) {
  const message = `must be a whole number from ${bounds.min} to ${bounds.max.toLocaleString('en-US')}`;
  return z
    .union(
      [
        z.number(),
        z
          .string()
          .trim()
          .regex(/^[+-]?\d+$/, message)
          .transform(Number),
      ],
      { error: message },
    )
    .pipe(z.number().int(message).min(bounds.min, message).max(bounds.max, message));
}
