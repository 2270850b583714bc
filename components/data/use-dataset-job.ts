'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import type { ActionResult } from '@/lib/domain/action-result.ts';
import type { DatasetActions, DatasetJob, DatasetRequestText } from './dataset-job.ts';

const ASK_EVERY_MS = 500;
const NO_ANSWER = 'The server did not answer. Check that Starmap runs, then try again.';

/** Makes a dataset on the server and follows it, also after a reload. */
export function useDatasetJob(actions: DatasetActions, initial: DatasetJob | null) {
  const router = useRouter();
  const [job, setJob] = useState(initial?.state === 'running' ? initial : null);
  const [starting, setStarting] = useState(false);
  const running = job?.state === 'running';

  useEffect(() => {
    if (!running) return;
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      const now = await actions.read().catch(() => undefined);
      if (now !== undefined) setJob(now);
      if (now?.state !== undefined && now.state !== 'running') router.refresh();
      else timer = setTimeout(ask, ASK_EVERY_MS);
    };
    timer = setTimeout(ask, ASK_EVERY_MS);
    return () => clearTimeout(timer);
  }, [running, actions, router]);

  const start = async (request: DatasetRequestText): Promise<ActionResult<DatasetJob>> => {
    setStarting(true);
    try {
      const result = await actions.start(request);
      if (result.ok) setJob(result.value);
      return result;
    } catch {
      return { ok: false, message: NO_ANSWER, fieldErrors: {} };
    } finally {
      setStarting(false);
    }
  };
  return { job, start, busy: starting || running };
}
