import { openResult } from '@/lib/server/results.ts';
import { fault } from '../../../answer.ts';

const FILES = ['combined_data.json', 'predictions.csv', 'predictions.parquet'] as const;

/** Streams a result file of a run as a download. */
export async function GET(
  _request: Request,
  { params }: { params: Promise<{ id: string; file: string }> },
): Promise<Response> {
  const { id, file } = await params;
  const kind = FILES.find((known) => known === file);
  try {
    const result = kind ? await openResult(id, kind) : null;
    if (!result) return Response.json({ error: `Run ${id} has no result file ${file}.` }, { status: 404 });
    return new Response(result.body, {
      headers: {
        'content-type': result.contentType,
        'content-length': String(result.sizeBytes),
        'content-disposition': `attachment; filename="${result.fileName.replace(/[^\w.-]/g, '_')}"`,
        'cache-control': 'no-store, no-transform',
      },
    });
  } catch (error) {
    return fault(error);
  }
}
