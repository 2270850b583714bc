'use client';

import { formatDuration, localTime, NOT_MEASURED, relativeTime, utcTime } from '@/lib/domain/format.ts';
import { useClock } from './clock.ts';

/** `3 min ago`; the absolute time in the local zone and in UTC on hover. */
export function RelativeTime({ at }: { at: string | null }) {
  const now = useClock();
  if (at === null) return NOT_MEASURED;
  // Before the page is alive there is no clock and no zone that the server could know: UTC.
  const title = now === null ? utcTime(at) : `${localTime(at)}\n${utcTime(at)}`;
  return (
    <time dateTime={at} title={title} style={{ whiteSpace: 'nowrap' }}>
      {now === null ? utcTime(at).slice(0, 16) : relativeTime(at, now)}
    </time>
  );
}

/** Time since, counting on; whole seconds. */
export function Elapsed({ since }: { since: string }) {
  const now = useClock();
  if (now === null) return NOT_MEASURED;
  const elapsedMs = Math.max(0, Math.floor((now - Date.parse(since)) / 1000) * 1000);
  return (
    <span className="tabular" title={`since ${localTime(since)}`} style={{ whiteSpace: 'nowrap' }}>
      {formatDuration(elapsedMs === 0 ? null : elapsedMs)}
    </span>
  );
}
