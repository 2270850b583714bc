// The process of one execution environment: a client of Lambda's Runtime API, as the official runtime is.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { writeSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const [host, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':');
const LOG_FD = Number(process.env._LAMBDA_TELEMETRY_LOG_FD ?? 3);
// Frames of the log pipe: type, length, time in microseconds; then the text. An END frame closes an invocation's lines.
const FRAME = 0xa55a0003;
const END_FRAME = 0xa55a00ff;
let requestId = 'undefined';

// One connection, one request at a time. The API answers with a length; that much of HTTP needs no client of 20 ms to load.
const socket = net.connect({ host, port: Number(port), noDelay: true });
const received = socket[Symbol.asyncIterator]();
let rest = Buffer.alloc(0);
let lastCall = Promise.resolve();
socket.on('error', endWithRuntime);

// The runtime holds the other end.
process.stdin.on('close', endWithRuntime).resume();

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
  const answered = lastCall.then(async () => {
    const headers = [`${method} ${target} HTTP/1.1`, `host: ${host}:${port}`];
    if (body !== undefined)
      headers.push('content-type: application/json', `content-length: ${Buffer.byteLength(body)}`);
    socket.write(`${headers.join('\r\n')}\r\n\r\n${body ?? ''}`);
    return receiveAnswer();
  });
  lastCall = answered.catch(() => undefined);
  return answered;
}

async function receiveAnswer() {
  const end = '\r\n\r\n';
  while (!rest.includes(end)) rest = Buffer.concat([rest, await receive()]);
  const [, ...lines] = rest.toString('latin1', 0, rest.indexOf(end)).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => line.split(/:\s*(.*)/, 2)).map(([k, v]) => [k.toLowerCase(), v]),
  );
  const length = Number(headers['content-length']);
  const parts = [rest.subarray(rest.indexOf(end) + end.length)];
  for (let there = parts[0].length; there < length; there += parts.at(-1).length) parts.push(await receive());
  const all = Buffer.concat(parts);
  rest = all.subarray(length);
  return { headers, body: all.toString('utf8', 0, length) };
}

async function receive() {
  const { value, done } = await received.next();
  if (done) endWithRuntime();
  return value;
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
      // Nobody reads any more.
      if (error.code === 'EPIPE') endWithRuntime();
      // The pipe is full: the runtime will read it.
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

/** When the runtime is gone, so are we; as it would have ended us: to exit within ONNX Runtime aborts, and leaves a core. */
function endWithRuntime() {
  process.kill(process.pid, 'SIGKILL');
}
