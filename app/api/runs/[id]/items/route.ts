import { runItemsQuery } from '@/lib/domain/run-items-query.ts';
import { listRunItems } from '@/lib/server/list-run-items.ts';
import { answer } from '../../answer.ts';

/** One page of a run's items. */
export async function GET(request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params;
  const query = runItemsQuery.parse(Object.fromEntries(new URL(request.url).searchParams));
  return answer(`There is no run ${id}.`, () => listRunItems(id, query));
}
