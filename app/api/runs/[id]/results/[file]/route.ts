import { BODY_LENGTH } from '@/lib/server/body-length.ts';
import { describeResult, openResult, type ResultFile } from '@/lib/server/results.ts';
import { fault } from '../../../answer.ts';

const FILES = ['combined_data.json', 'predictions.csv', 'predictions.parquet'] as const;

interface Context {
  params: Promise<{ id: string; file: string }>;
}

/** Streams a result file of a run as a download. */
export async function GET(_request: Request, { params }: Context): Promise<Response> {
  return answerWith(await params, openResult, ({ body }) => body);
}

/** Tells its size without opening it. */
export async function HEAD(_request: Request, { params }: Context): Promise<Response> {
  return answerWith(await params, describeResult, () => null);
}

async function answerWith<T extends ResultFile>(
  { id, file }: { id: string; file: string },
  read: (id: string, kind: (typeof FILES)[number]) => Promise<T | null>,
  bodyOf: (result: T) => ReadableStream<Uint8Array> | null,
): Promise<Response> {
  const kind = FILES.find((known) => known === file);
  try {
    const result = kind ? await read(id, kind) : null;
    if (!result) return Response.json({ error: `Run ${id} has no result file ${file}.` }, { status: 404 });
    return new Response(bodyOf(result), {
      headers: {
        'content-type': result.contentType,
        [BODY_LENGTH]: String(result.sizeBytes),
        'content-disposition': `attachment; filename="${result.fileName.replace(/[^\w.-]/g, '_')}"`,
        // A body that is compressed on the way has another length.
        'cache-control': 'no-store, no-transform',
      },
    });
  } catch (error) {
    return fault(error);
  }
}
