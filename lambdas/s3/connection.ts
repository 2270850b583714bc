import { connect as connectPlain, type Socket } from 'node:net';

export interface Request {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  path: string;
  /** As it is sent and signed: sorted by name, escaped, an `=` after each name. */
  query?: string;
  headers: Record<string, string>;
  body?: Uint8Array;
}

/** The head of an answer. */
export interface AnswerHead {
  status: number;
  etag: string | undefined;
  /** Length of the body; undefined where the server does not tell it beforehand. */
  bodyBytes: number | undefined;
  /** Whether the connection may be used again when the body has been received. */
  keepAlive: boolean;
}

/** One connection to an HTTP server: one request after another, each body received into memory that the caller chooses. */
export interface Connection {
  /** Sends the request and waits for the head of its answer. */
  ask(request: Request): Promise<AnswerHead>;
  /**
   * Receives the next bytes of the body until `into` is full or the body ends. The system writes them there itself: no
   * buffer in between, nothing for the garbage collector.
   * @returns how many bytes were received; 0 at the end.
   */
  receive(into: Uint8Array): Promise<number>;
  /** Whether another request can be sent: the last body was received whole. */
  isFree(): boolean;
  close(): void;
  onClose(listener: () => void): void;
}

/** Heads of answers, and what of a body arrives together with its head or while nobody asks for it. */
const SPILL_BYTES = 8 * 1024;
const TIMEOUT_MS = 60_000;
const HEAD_END = Buffer.from('\r\n\r\n');

interface Waiting {
  /** Where the body goes; undefined while the head is awaited. */
  into: Uint8Array | undefined;
  filled: number;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Connects to the server of a URL. As much of HTTP/1.1 as S3's answers about objects need: a body of unknown length is not
 * received.
 * @param timeoutMs without a byte; then what is asked for fails.
 */
export function openConnection(base: URL, timeoutMs = TIMEOUT_MS): Connection {
  const spill = Buffer.allocUnsafeSlow(SPILL_BYTES);
  /** Bytes of the spill that have been received and not been taken. */
  let from = 0;
  let to = 0;
  let waiting: Waiting | undefined;
  let leftBytes = 0;
  let broken: Error | undefined;

  const socket = openSocket(base, {
    // Asked for after each read: where the next one goes.
    buffer: () => {
      if (waiting?.into) return from < to ? spill : waiting.into.subarray(waiting.filled);
      return waiting ? spill.subarray(to) : spill;
    },
    callback: (count, buffer) => {
      if (!waiting) {
        // Nothing was asked for.
        socket.destroy();
        return false;
      }
      const isSpill = buffer.buffer === spill.buffer;
      if (!waiting.into) {
        to += count;
        const complete = spill.subarray(0, to).includes(HEAD_END);
        if (complete) settle();
        else if (to === SPILL_BYTES) fail(new Error('the head of the answer does not end'));
        return !complete;
      }
      if (isSpill) {
        from = 0;
        to = count;
        takeSpilled(waiting);
      } else {
        waiting.filled += count;
        leftBytes -= count;
      }
      return !settleIfFilled(waiting);
    },
  });
  socket.setNoDelay(true);
  socket.setTimeout(timeoutMs, () => {
    if (waiting) fail(broke(`nothing was received within ${timeoutMs / 1000} s`, 'ETIMEDOUT'));
  });
  socket.on('error', fail);
  socket.on('end', () => fail(broke('the server closed the connection')));
  socket.on('close', () => fail(broke('the connection was closed')));

  function settle(error?: Error): void {
    const settled = waiting;
    waiting = undefined;
    if (error) settled?.reject(error);
    else settled?.resolve();
  }

  function fail(error: Error): void {
    broken ??= error;
    settle(broken);
    socket.destroy();
  }

  function takeSpilled(current: Waiting): void {
    const { into, filled } = current;
    if (!into) return;
    const count = Math.min(to - from, into.length - filled, leftBytes);
    into.set(spill.subarray(from, from + count), filled);
    current.filled += count;
    from += count;
    leftBytes -= count;
  }

  function settleIfFilled({ into, filled }: Waiting): boolean {
    const isFilled = filled === into?.length || leftBytes === 0;
    if (isFilled) settle();
    return isFilled;
  }

  function wait(into: Uint8Array | undefined, start: () => void): Promise<number> {
    if (broken) return Promise.reject(broken);
    return new Promise((resolve, reject) => {
      const mine: Waiting = { into, filled: 0, resolve: () => resolve(mine.filled), reject };
      waiting = mine;
      start();
    });
  }

  return {
    async ask({ method, path, query, headers, body }) {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      if (body) lines.push(`content-length: ${body.length}\r\n`);
      from = 0;
      to = 0;
      socket.ref();
      await wait(undefined, () => {
        socket.cork();
        socket.write(`${method} ${query ? `${path}?${query}` : path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
        if (body?.length) socket.write(body);
        socket.uncork();
        socket.resume();
      });
      from = spill.indexOf(HEAD_END) + HEAD_END.length;
      const head = parseHead(spill.toString('latin1', 0, from));
      leftBytes = method === 'HEAD' ? 0 : (head.bodyBytes ?? 0);
      if (leftBytes === 0) socket.unref();
      return head;
    },
    async receive(into) {
      if (leftBytes === 0 || into.length === 0) return 0;
      const filled = await wait(into, () => {
        const current = waiting as Waiting;
        takeSpilled(current);
        if (!settleIfFilled(current)) socket.resume();
      });
      if (leftBytes === 0) socket.unref();
      return filled;
    },
    isFree: () => leftBytes === 0 && !waiting && !broken,
    close: () => socket.destroy(),
    onClose: (listener) => socket.once('close', listener),
  };
}

interface OnRead {
  buffer(): Uint8Array;
  callback(count: number, buffer: Uint8Array): boolean;
}

function openSocket({ protocol, hostname, port }: URL, onread: OnRead): Socket {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'https:') {
    // Node passes the option on to the socket beneath; its types leave it out.
    const options = { host, port: Number(port || 443), servername: host, onread };
    // Where it is not needed it need not be loaded: 5 ms of a cold start.
    return process.getBuiltinModule('node:tls').connect(options);
  }
  return connectPlain({ host, port: Number(port || 80), onread });
}

const broke = (message: string, code = 'ECONNRESET') => Object.assign(new Error(message), { code });

function parseHead(text: string): AnswerHead {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
  if (!status) throw new Error(`"${statusLine.slice(0, 60)}" is no answer of an HTTP server`);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const length = headers.get('content-length');
  const bodyBytes = length === undefined || headers.has('transfer-encoding') ? undefined : Number(length);
  return {
    status,
    etag: headers.get('etag'),
    bodyBytes,
    keepAlive: headers.get('connection')?.toLowerCase() !== 'close',
  };
}
