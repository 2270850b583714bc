import type { History } from './effects.ts';

/** A history that only counts: for tests of values. @param last events that were before: a walk ends after 25,000. */
export function silentHistory(last = 0): History {
  const counter = { last };
  const history: History = {
    add: () => ++counter.last,
    fork: () => history,
    join: () => undefined,
    position: () => ({ last: counter.last, previous: counter.last }),
  };
  return history;
}
