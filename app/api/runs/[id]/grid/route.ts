import { runItemGrid } from '@/lib/server/list-run-items.ts';
import { answer } from '../../answer.ts';

/** State and duration of every item of a run, by rank. */
export async function GET(_request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params;
  return answer(`There is no run ${id}.`, () => runItemGrid(id));
}
