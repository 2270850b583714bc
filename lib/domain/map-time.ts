import { median } from './statistics.ts';

/** The work of a map. */
export interface MapWork {
  items: number;
  bytes: number;
  /** Most items at once; 0 = no limit. */
  maxConcurrency: number;
}

/** One that has been done. */
export interface FinishedMap extends MapWork {
  /** First child start → last child stop. */
  wallMs: number;
}

/**
 * About how long a map takes, ms, by maps of the same model and memory: items go in waves of as many as run at once, and
 * a wave takes as long as an item has bytes. So on Lambda, where all items can run at once, ten times the data takes no
 * longer, and on two cores it takes ten times as long.
 * @param finished at least one.
 * @param limit how many items can run at once, whatever the runs ask for.
 */
export function mapTimeMs(work: MapWork, finished: readonly FinishedMap[], limit: number): number {
  const msPerByte = finished.map((map) => map.wallMs / (waves(map, limit) * itemBytes(map)));
  return median(msPerByte) * waves(work, limit) * itemBytes(work);
}

function waves({ items, maxConcurrency }: MapWork, limit: number): number {
  return Math.ceil(items / Math.min(items, limit, maxConcurrency || items));
}

const itemBytes = ({ items, bytes }: MapWork) => bytes / items;
