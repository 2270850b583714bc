'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { type ActionResult, NO_ANSWER } from '@/lib/domain/action-result.ts';

interface JobActions<Request, Job> {
  /** Starts one; the errors name the field. */
  start: (request: Request) => Promise<ActionResult<Job>>;
  /** How far it is; null where none was started since the server was. */
  read: () => Promise<Job | null>;
}

const ASK_EVERY_MS = 500;

/** Starts work on the server and follows it, also after a reload. */
export function useServerJob<Request, Job extends { state: string }>(
  actions: JobActions<Request, Job>,
  initial: Job | null,
) {
  const router = useRouter();
  const [job, setJob] = useState(isRunning(initial) ? initial : null);
  const [starting, setStarting] = useState(false);
  const running = isRunning(job);

  useEffect(() => {
    if (!running) return;
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      const now = await actions.read().catch(() => undefined);
      if (now !== undefined) setJob(now);
      if (now && !isRunning(now)) router.refresh();
      else timer = setTimeout(ask, ASK_EVERY_MS);
    };
    timer = setTimeout(ask, ASK_EVERY_MS);
    return () => clearTimeout(timer);
  }, [running, actions, router]);

  const start = async (request: Request): Promise<ActionResult<Job>> => {
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
  return { job, start, forget: () => setJob(null), busy: starting || running };
}

const isRunning = (job: { state: string } | null) => job?.state === 'running' || job?.state === 'stopping';
