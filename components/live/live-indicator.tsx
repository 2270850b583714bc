'use client';

import { Button, Group, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import classes from './live-indicator.module.css';
import { useLiveRuns } from './live-provider.tsx';
import type { Connection } from './live-store.ts';

const WORDS: Record<Connection, string> = {
  connecting: 'Connecting …',
  open: 'Live',
  stale: 'No news',
  closed: 'Connection lost, trying again',
};

/** Whether what is shown is up to date: "updated 2 s ago", amber when stale, red with a retry when cut. */
export function LiveIndicator() {
  const { connection, lastEventAt, retry } = useLiveRuns();
  const [now, setNow] = useState<number | null>(null);
  useEffect(() => {
    const tick = () => setNow(Date.now());
    tick();
    const timer = setInterval(tick, 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = lastEventAt === null || now === null ? null : Math.max(0, Math.round((now - lastEventAt) / 1_000));
  return (
    <Group gap={6} wrap="nowrap" role="status" aria-live="off">
      <span className={classes.dot} data-connection={connection} aria-hidden="true" />
      <Text size="xs" c="dimmed" className={classes.words}>
        {WORDS[connection]}
        {seconds !== null && `, updated ${seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`} ago`}
      </Text>
      {connection === 'closed' && (
        <Button size="compact-xs" variant="light" color="red" onClick={retry}>
          Retry now
        </Button>
      )}
    </Group>
  );
}
