import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { receiveModelFile } from '@/lib/server/upload-model.ts';
import { fault } from '../../../../runs/answer.ts';

export const dynamic = 'force-dynamic';

/** Takes one file of a model package that is being uploaded, as it arrives. */
export async function PUT(
  request: Request,
  { params }: { params: Promise<{ id: string; file: string }> },
): Promise<Response> {
  const { id, file } = await params;
  const sizeBytes = Number(request.headers.get('content-length') ?? Number.NaN);
  if (!request.body || !Number.isSafeInteger(sizeBytes))
    return Response.json({ error: 'The request must have a body and a Content-Length.' }, { status: 411 });
  try {
    const body = Readable.fromWeb(request.body as ReadableStream<Uint8Array>);
    const stored = await receiveModelFile(id, file, body, sizeBytes);
    return stored.ok ? Response.json({}) : Response.json({ error: stored.message }, { status: 400 });
  } catch (error) {
    // A browser that cancelled is no fault of ours, and hears nothing any more.
    return request.signal.aborted ? new Response(null, { status: 499 }) : fault(error);
  }
}
