import type { History } from './effects.ts';

/** A history that only counts: for tests of values. */
export function silentHistory(): History {
  const counter = { last: 0 };
  const history: History = {
    add: () => ++counter.last,
    fork: () => history,
    join: () => undefined,
    position: () => ({ last: counter.last, previous: counter.last }),
  };
  return history;
}
