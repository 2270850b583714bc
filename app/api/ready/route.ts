import { readiness } from '@/lib/server/readiness.ts';

export const dynamic = 'force-dynamic';

/** 200 where database and services answer, else 503; the body names what does not. */
export async function GET(): Promise<Response> {
  const state = await readiness();
  return Response.json(state, { status: state.ready ? 200 : 503, headers: { 'cache-control': 'no-store' } });
}
