'use client';

import { UnstyledButton } from '@mantine/core';
import { useLiveRuns } from '@/components/live/live-provider.tsx';
import type { Connection } from '@/components/live/live-store.ts';
import { useClock } from '@/components/ui/clock.ts';
import { type Tone, toneColor } from '@/components/ui/status.tsx';
import classes from './connection-dot.module.css';

const looks: Record<Connection, { word: string; tone: Tone }> = {
  connecting: { word: 'Connecting', tone: 'queued' },
  open: { word: 'Live', tone: 'succeeded' },
  stale: { word: 'No news', tone: 'incomplete' },
  closed: { word: 'Not connected', tone: 'failed' },
};

/** State of the live connection to this server; with a retry when it is cut. */
export function ConnectionDot() {
  const { connection, lastEventAt, retry } = useLiveRuns();
  const now = useClock();
  const { word, tone } = looks[connection];
  const quietForS = lastEventAt !== null && now !== null ? Math.max(0, Math.round((now - lastEventAt) / 1000)) : null;
  return (
    <span
      className={classes.connection}
      role="status"
      title={quietForS === null ? 'No update yet' : `Last heard from the server ${quietForS} s ago`}
    >
      <span className={classes.dot} style={{ background: toneColor(tone) }} aria-hidden />
      {word}
      {connection === 'closed' && (
        <UnstyledButton className={classes.retry} onClick={retry}>
          Retry
        </UnstyledButton>
      )}
    </span>
  );
}
