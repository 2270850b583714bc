/** Items done at one moment. */
export interface ProgressMark {
  atMs: number;
  done: number;
}

export interface ProgressRate {
  itemsPerSecond: number;
  /** Items left ÷ rate. */
  remainingMs: number;
}

/** How far back "recent" reaches. */
export const RECENT_MS = 30_000;
/** Fewer finished items than this say nothing about the rate. */
const MIN_ITEMS = 2;

/**
 * Rate of the last half minute; from the start of the map while fewer marks than that were seen (a page just opened).
 * Where nothing has ended for longer than an item took, that time counts too: while items hang, more and more is left.
 * @param marks ascending in time
 * @param mapStartedMs when the map began; null before
 * @returns null while nothing can be said
 */
export function progressRate(
  marks: readonly ProgressMark[],
  total: number,
  mapStartedMs: number | null,
  nowMs: number,
): ProgressRate | null {
  const last = marks.at(-1);
  if (!last || total === 0) return null;
  // The first mark is when the page was opened: what was done then had ended before, and shortens the time of what follows.
  const seen = marks.slice(1);
  const recent = seen.find(({ atMs, done }) => last.atMs - atMs <= RECENT_MS && last.done - done >= MIN_ITEMS);
  const sinceStart = mapStartedMs === null ? undefined : { atMs: mapStartedMs, done: 0 };
  const from = recent ?? sinceStart;
  if (!from || last.atMs <= from.atMs || last.done <= from.done) return null;
  const items = last.done - from.done;
  const untilMs = Math.max(last.atMs, nowMs - (last.atMs - from.atMs) / items);
  const itemsPerSecond = (items / (untilMs - from.atMs)) * 1000;
  return { itemsPerSecond, remainingMs: (Math.max(0, total - last.done) / itemsPerSecond) * 1000 };
}

/** Adds a mark where something changed, and forgets what is no longer recent. */
export function addMark(marks: readonly ProgressMark[], mark: ProgressMark): ProgressMark[] {
  const last = marks.at(-1);
  const kept = last && last.done === mark.done ? marks : [...marks, mark];
  return kept.filter(({ atMs }) => mark.atMs - atMs <= 2 * RECENT_MS);
}
