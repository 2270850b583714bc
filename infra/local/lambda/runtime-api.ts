import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const ACCEPTED = '{"status":"OK"}';

/** An invocation as the Runtime API hands it out. */
export interface NextInvocation {
  requestId: string;
  payload: string;
  arn: string;
  timeoutMs: number;
}

/** The Runtime API of one execution environment, on a port of its own. */
export interface RuntimeApi {
  /** Host and port, as AWS_LAMBDA_RUNTIME_API names it. */
  address: string;
  /** Whether the process asks for work. */
  isAsked(): boolean;
  /** Answers the process that asks. */
  handOut(invocation: NextInvocation): void;
  close(): void;
}

export interface RuntimeApiEvents {
  /** The process asks for its next invocation. */
  onNext(): void;
  /** It could not be initialized. */
  onInitError(body: string): void;
  /** It has answered the invocation. */
  onAnswer(body: string, isError: boolean): void;
}

/**
 * Starts the server that a function's process asks for its work.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export async function startRuntimeApi({ onNext, onInitError, onAnswer }: RuntimeApiEvents): Promise<RuntimeApi> {
  let asking: ServerResponse | undefined;
  const server = createServer((request, response) => void answer(request, response));
  server.keepAliveTimeout = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '';
    if (url.endsWith('/runtime/invocation/next')) {
      asking = response;
      onNext();
      return;
    }
    const body = await readText(request);
    response.writeHead(202, { 'content-type': 'application/json', 'content-length': ACCEPTED.length }).end(ACCEPTED);
    if (url.endsWith('/init/error')) onInitError(body);
    else onAnswer(body, url.endsWith('/error'));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    isAsked: () => asking !== undefined,
    handOut({ requestId, payload, arn, timeoutMs }) {
      asking?.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(payload),
        'lambda-runtime-aws-request-id': requestId,
        'lambda-runtime-deadline-ms': String(Date.now() + timeoutMs),
        'lambda-runtime-invoked-function-arn': arn,
        'lambda-runtime-trace-id': 'Root=1-00000000-000000000000000000000000;Sampled=0',
      });
      asking?.end(payload);
      asking = undefined;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
