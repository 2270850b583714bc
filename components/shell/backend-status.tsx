'use client';

import { IconAlertTriangleFilled, IconCloud, IconServer2 } from '@tabler/icons-react';
import Link from 'next/link';
import { useEffect, useState } from 'react';
import { useLiveRuns } from '@/components/live/live-provider.tsx';
import type { Backend } from '@/lib/domain/backend.ts';
import classes from './backend-status.module.css';

export type BackendInBrief = Pick<Backend, 'kind' | 'label' | 'reachable' | 'problem'>;

interface Props {
  initial: BackendInBrief;
  /** Asks the server again. */
  read: () => Promise<BackendInBrief>;
}

const EVERY_MS = 20_000;

/** The services in use, and whether they answer. */
export function BackendStatus({ initial, read }: Props) {
  const [backend, setBackend] = useState(initial);
  const { connection } = useLiveRuns();
  useEffect(() => {
    if (connection === 'closed') return;
    const ask = () => {
      if (document.visibilityState === 'visible') read().then(setBackend, () => {});
    };
    const timer = setInterval(ask, EVERY_MS);
    document.addEventListener('visibilitychange', ask);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', ask);
    };
  }, [read, connection]);
  const Icon = backend.kind === 'local' ? IconServer2 : IconCloud;
  return (
    <Link href="/settings" className={classes.backend} title={backend.problem ?? 'The services answer'}>
      {backend.reachable ? (
        <Icon size={16} stroke={1.7} aria-hidden />
      ) : (
        <IconAlertTriangleFilled size={16} className={classes.problem} aria-hidden />
      )}
      <span className={classes.label}>
        {backend.label}
        {!backend.reachable && <span className={classes.problem}>does not answer</span>}
      </span>
    </Link>
  );
}
