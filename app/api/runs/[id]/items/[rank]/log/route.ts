import { itemLog } from '@/lib/server/item-log.ts';
import { answer } from '../../../../answer.ts';

/** Log lines of one item's invocations, oldest first. */
export async function GET(
  _request: Request,
  { params }: { params: Promise<{ id: string; rank: string }> },
): Promise<Response> {
  const { id, rank } = await params;
  const missing = `Run ${id} has no item ${rank}.`;
  return answer(missing, async () => (/^\d{1,8}$/.test(rank) ? itemLog(id, Number(rank)) : null));
}
