import type { RunEvent } from '@/lib/domain/run.ts';
import { getRun } from '@/lib/server/get-run.ts';
import { listRuns } from '@/lib/server/list-runs.ts';
import { recentEnds, subscribe } from '@/lib/server/live.ts';

export const dynamic = 'force-dynamic';

/** Browsers cannot see SSE comments, so the heartbeat is an event: they tell a quiet watcher from a cut line by it. */
const HEARTBEAT_MS = 5_000;
/** Events of one run closer together than this leave as one, the latest. */
const COALESCE_MS = 100;

/**
 * Server-sent events of all runs: first `snapshot` (every run that has not ended or has just done so), then `run` for each change, and
 * `heartbeat` in between.
 */
export function GET(request: Request): Response {
  let close = () => {};
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const encoder = new TextEncoder();
      const pending = new Map<string, RunEvent>();
      let open = true;
      let snapshotSent = false;
      let flushTimer: NodeJS.Timeout | undefined;

      const send = (event: string, data: unknown) => {
        if (open) controller.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
      };
      const flush = () => {
        flushTimer = undefined;
        for (const event of pending.values()) send('run', event);
        pending.clear();
      };
      const unsubscribe = subscribe((event) => {
        pending.set(event.run.id, event);
        if (snapshotSent) flushTimer ??= setTimeout(flush, COALESCE_MS);
      });
      const heartbeat = setInterval(() => send('heartbeat', { asOf: new Date().toISOString() }), HEARTBEAT_MS);
      close = () => {
        if (!open) return;
        open = false;
        unsubscribe();
        clearInterval(heartbeat);
        clearTimeout(flushTimer);
        try {
          controller.close();
        } catch {
          // Already closed by the browser that went away.
        }
      };
      request.signal.addEventListener('abort', close);
      if (request.signal.aborted) return close();

      try {
        send('snapshot', [...(await activeRuns()), ...recentEnds()]);
        snapshotSent = true;
        flush();
      } catch (error) {
        console.error('Live events: the list of active runs could not be read.', error);
        close();
      }
    },
    cancel: () => close(),
  });
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    },
  });
}

/** Every run that has not ended. Queued ones have entered no state, so only running ones are looked at closely. */
async function activeRuns(): Promise<RunEvent[]> {
  const asOf = new Date().toISOString();
  const { rows } = await listRuns({ status: ['QUEUED', 'RUNNING'], pageSize: 500 });
  return Promise.all(
    rows.map(async (run) => {
      const detail = run.status === 'RUNNING' ? await getRun(run.id) : null;
      return { type: 'run', run, states: detail?.states ?? {}, asOf } satisfies RunEvent;
    }),
  );
}
