import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { AwsError } from './aws-error.ts';
import { disturbS3, type Faults, throttle } from './faults.ts';
import { refuseBrowsers } from './guard.ts';
import { handleS3 } from './s3/api.ts';
import { parseTarget } from './s3/request.ts';
import type { ObjectStore } from './s3/store.ts';
import { errorXml } from './s3/xml.ts';
import { type Credentials, verifySignature } from './sigv4.ts';

/** API action → handler of its JSON input. */
export type Actions = Record<string, (input: Record<string, unknown>) => Promise<unknown> | unknown>;

export interface LambdaRequest {
  method: string;
  /** Decoded path, without query. */
  path: string;
  headers: Record<string, string | undefined>;
  body: string;
}

export interface Services {
  objects: ObjectStore;
  /** Step Functions, JSON 1.0. */
  states: Actions;
  /** CloudWatch Logs, JSON 1.1. */
  logs: Actions;
  /** Lambda, REST. */
  lambda(
    request: LambdaRequest,
  ): Promise<{ status: number; headers: Record<string, string>; body: string | Uint8Array }>;
}

export interface HttpOptions {
  credentials: Credentials;
  faults?: Faults;
  random?: () => number;
  now?: () => number;
}

const JSON_SERVICES = {
  AWSStepFunctions: ['states', 'application/x-amz-json-1.0'],
  Logs_20140328: ['logs', 'application/x-amz-json-1.1'],
} as const;
/** Largest JSON request: Lambda's synchronous payload of 6 MB, with room for its frame. */
const MAX_JSON_BYTES = 8 * 2 ** 20;

/**
 * The one port: tells the services apart (JSON target header, Lambda's path, else S3), verifies each request, and turns
 * an AwsError into the error shape of the protocol it came in by. Knows no storage.
 */
export function createHttpServer(services: Services, options: HttpOptions): Server {
  const server = createServer((incoming, response) => void answer(incoming, response, services, options));
  // Clients keep their connections; ours must not be the side that closes them under a request.
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 0;
  server.on('checkContinue', (incoming: IncomingMessage, response: ServerResponse) => {
    response.writeContinue();
    void answer(incoming, response, services, options);
  });
  return server;
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  services: Services,
  options: HttpOptions,
): Promise<void> {
  const requestId = randomUUID();
  const headers = incoming.headers as Record<string, string | undefined>;
  const target = headers['x-amz-target'];
  response.setHeader('x-amzn-requestid', requestId);
  const protocol = target
    ? jsonProtocol(target)
    : incoming.url?.startsWith('/2015-03-31/') || incoming.url?.startsWith('/2016-08-19/')
      ? lambdaProtocol
      : s3Protocol;
  try {
    refuseBrowsers(headers);
    await protocol.handle(incoming, response, services, options);
  } catch (error) {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const fault =
      error instanceof AwsError
        ? error
        : new AwsError('InternalFailure', 'The local runtime failed; its output says why.', 500);
    if (!(error instanceof AwsError) && !incoming.destroyed) console.error(error);
    // What is left of the request's body is not going to be read.
    incoming.resume();
    protocol.fail(fault, incoming, response, requestId);
  }
}

interface Protocol {
  handle(incoming: IncomingMessage, response: ServerResponse, services: Services, options: HttpOptions): Promise<void>;
  fail(fault: AwsError, incoming: IncomingMessage, response: ServerResponse, requestId: string): void;
}

function jsonProtocol(target: string): Protocol {
  const [service = '', action = ''] = target.split('.');
  const [name, contentType] = JSON_SERVICES[service as keyof typeof JSON_SERVICES] ?? [
    undefined,
    'application/x-amz-json-1.0',
  ];
  return {
    async handle(incoming, response, services, { credentials, faults, random = Math.random, now = Date.now }) {
      const body = await readBody(incoming);
      verifySignature(signed(incoming), credentials, now(), sha256(body));
      if (faults) throttle(faults, action, random);
      const handler = name && Object.hasOwn(services[name], action) ? services[name][action] : undefined;
      if (!handler) throw new AwsError('UnknownOperationException', `not supported by the local runtime: ${target}`);
      const output = await handler(parseJson(body));
      const text = JSON.stringify(output ?? {});
      response.writeHead(200, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }).end(text);
    },
    fail(fault, _incoming, response) {
      response
        .writeHead(fault.status, { 'content-type': contentType, 'x-amzn-errortype': fault.code })
        .end(JSON.stringify({ __type: fault.code, message: fault.message }));
    },
  };
}

const lambdaProtocol: Protocol = {
  async handle(incoming, response, services, { credentials, faults, random = Math.random, now = Date.now }) {
    const body = await readBody(incoming);
    verifySignature(signed(incoming), credentials, now(), sha256(body));
    const path = new URL(incoming.url ?? '/', 'http://local').pathname.split('/').map(decodeURIComponent).join('/');
    if (faults && path.endsWith('/invocations')) throttle(faults, 'Invoke', random);
    const result = await services.lambda({
      method: incoming.method ?? 'GET',
      path,
      headers: incoming.headers as Record<string, string | undefined>,
      body: body.toString(),
    });
    response.writeHead(result.status, result.headers).end(result.body);
  },
  fail(fault, _incoming, response) {
    response
      .writeHead(fault.status, { 'content-type': 'application/json', 'x-amzn-errortype': fault.code })
      .end(JSON.stringify({ Type: 'User', message: fault.message, Message: fault.message }));
  },
};

const s3Protocol: Protocol = {
  async handle(incoming, response, services, { credentials, faults, random = Math.random, now = Date.now }) {
    verifySignature(signed(incoming), credentials, now());
    if (faults) await disturbS3(faults, random);
    const [sentPath = '/', search = ''] = (incoming.url ?? '/').split(/\?(.*)/s);
    const headers = incoming.headers as Record<string, string | undefined>;
    await handleS3(
      {
        method: incoming.method ?? 'GET',
        ...parseTarget(sentPath),
        query: new URLSearchParams(search),
        headers,
        incoming,
        response,
      },
      services.objects,
    );
  },
  fail(fault, incoming, response, requestId) {
    const body =
      incoming.method === 'HEAD'
        ? ''
        : errorXml({
            Code: fault.code,
            Message: fault.message,
            Resource: incoming.url?.split('?')[0],
            RequestId: requestId,
          });
    response
      .writeHead(fault.status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) })
      .end(body);
  },
};

const signed = (incoming: IncomingMessage) => ({
  method: incoming.method ?? 'GET',
  target: incoming.url ?? '/',
  headers: incoming.headers as Record<string, string | undefined>,
});
const sha256 = (body: Buffer) => createHash('sha256').update(body).digest('hex');

function parseJson(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  try {
    const value = JSON.parse(body.toString()) as unknown;
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Answered below like any other body that is no object.
  }
  throw new AwsError('SerializationException', 'The request body is not a JSON object');
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    sizeBytes += part.length;
    if (sizeBytes > MAX_JSON_BYTES)
      throw new AwsError('RequestEntityTooLargeException', `Request must be smaller than ${MAX_JSON_BYTES} bytes`, 413);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
