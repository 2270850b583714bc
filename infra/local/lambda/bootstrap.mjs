// The process of one execution environment: a client of Lambda's Runtime API, as the official runtime is.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { writeSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const [host, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const LOG_FD = Number(process.env._LAMBDA_TELEMETRY_LOG_FD ?? 3);
// Frames of the log pipe: type, length, time in microseconds; then the text. An END frame closes an invocation's lines.
const FRAME = 0xa55a0003;
const END_FRAME = 0xa55a00ff;
let requestId = 'undefined';

// The runtime holds the other end: when it is gone, so are we.
process.stdin.on('close', () => process.exit(0)).resume();

for (const [method, level] of Object.entries({
  log: 'INFO',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  debug: 'DEBUG',
  trace: 'TRACE',
})) {
  console[method] = (...args) =>
    writeFrame(FRAME, `${new Date().toISOString()}\t${requestId}\t${level}\t${format(...args)}`);
}

let handler;
try {
  handler = await loadHandler(process.env.LAMBDA_TASK_ROOT ?? '.', process.env._HANDLER ?? 'index.handler');
} catch (error) {
  await post('/2018-06-01/runtime/init/error', errorReport(error));
  process.exit(1);
}
process.on('uncaughtException', (error) => void die(error));
process.on('unhandledRejection', (error) => void die(error));

for (;;) {
  const event = await call('GET', '/2018-06-01/runtime/invocation/next');
  requestId = event.headers['lambda-runtime-aws-request-id'];
  const deadlineMs = Number(event.headers['lambda-runtime-deadline-ms']);
  const context = {
    awsRequestId: requestId,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    invokedFunctionArn: event.headers['lambda-runtime-invoked-function-arn'],
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
  let kind = 'response';
  let body;
  try {
    body = JSON.stringify((await handler(JSON.parse(event.body), context)) ?? null);
  } catch (error) {
    console.error('Invoke Error \t%s', JSON.stringify(errorReport(error)));
    kind = 'error';
    body = errorReport(error);
  }
  writeFrame(END_FRAME, requestId);
  await post(`/2018-06-01/runtime/invocation/${requestId}/${kind}`, body);
}

async function loadHandler(root, spec) {
  const dot = spec.lastIndexOf('.');
  const [file, name] = [spec.slice(0, dot), spec.slice(dot + 1)];
  let module;
  try {
    module = await import(pathToFileURL(path.join(root, `${file}.mjs`)).href);
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') error.name = 'Runtime.ImportModuleError';
    else if (error instanceof SyntaxError) error.name = 'Runtime.UserCodeSyntaxError';
    throw error;
  }
  if (typeof module[name] === 'function') return module[name];
  const error = new Error(`${spec} is undefined or not exported`);
  error.name = 'Runtime.HandlerNotFound';
  throw error;
}

async function die(error) {
  console.error('Uncaught Exception \t%s', JSON.stringify(errorReport(error)));
  writeFrame(END_FRAME, requestId);
  await post(`/2018-06-01/runtime/invocation/${requestId}/error`, errorReport(error)).catch(() => undefined);
  process.exit(129);
}

/** An error as the Node runtime of Lambda reports it. */
function errorReport(error) {
  if (error instanceof Error)
    return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function post(target, body) {
  return call('POST', target, typeof body === 'string' ? body : JSON.stringify(body));
}

function call(method, target, body) {
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const request = http.request({ host, port, method, path: target, agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve({ headers: response.headers, body: text }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

function writeFrame(type, text) {
  const message = Buffer.from(text);
  const frame = Buffer.alloc(16 + message.length);
  frame.writeUInt32BE(type, 0);
  frame.writeUInt32BE(message.length, 4);
  frame.writeBigInt64BE(BigInt(Date.now()) * 1000n, 8);
  message.copy(frame, 16);
  for (let written = 0; written < frame.length; ) {
    try {
      written += writeSync(LOG_FD, frame, written);
    } catch (error) {
      // Nobody reads any more: the runtime is gone.
      if (error.code === 'EPIPE') process.exit(0);
      // The pipe is full: the runtime will read it.
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}
