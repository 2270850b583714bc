import { runsCsv } from '@/lib/server/results.ts';
import { fault } from '../runs/answer.ts';

export const dynamic = 'force-dynamic';

/** One row per run, units in the column names; `?ids=a,b` chooses them, without it all runs come. */
export async function GET(request: Request): Promise<Response> {
  const ids = new URL(request.url).searchParams.get('ids');
  try {
    const text = await runsCsv(ids === null ? null : ids.split(',').filter(Boolean));
    return new Response(text, {
      headers: {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="starmap-runs.csv"',
        'cache-control': 'no-store',
      },
    });
  } catch (error) {
    return fault(error);
  }
}
