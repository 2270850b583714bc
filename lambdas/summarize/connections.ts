import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Answer, answerReader } from './http-answer.ts';

/** Sends a GET and waits for its answer. */
export type PlainGet = (path: string, headers: Record<string, string>) => Promise<Answer>;

interface Job {
  request: string;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

interface Connection {
  start(job: Job): void;
}

/**
 * A client for many small GETs to one server over a few kept connections: as much of HTTP/1.1 as S3's answers to a GET
 * need. For 20,000 objects of a few kB `node:http` spends a second more on its streams and header objects.
 * @param base scheme, host and port.
 * @param timeoutMs without a byte; then the request fails.
 */
export function openConnections(base: URL, limit: number, timeoutMs: number): PlainGet {
  const waiting: Job[] = [];
  const idle: Connection[] = [];
  let open = 0;

  function connect(): Connection {
    const socket = openSocket(base);
    let job: Job | undefined;
    let read = answerReader();
    open += 1;
    socket.setNoDelay(true);
    socket.setTimeout(timeoutMs, () => fail(new Error(`no answer within ${timeoutMs} ms`)));
    socket.on('error', fail);
    socket.on('close', () => {
      fail(new Error('the server closed the connection'));
      open -= 1;
      const place = idle.indexOf(connection);
      if (place >= 0) idle.splice(place, 1);
      const next = waiting.shift();
      if (next) connect().start(next);
    });
    socket.on('data', (bytes) => {
      try {
        const answer = read(bytes);
        if (answer) finish(answer);
      } catch (error) {
        fail(error as Error);
      }
    });

    function fail(error: Error): void {
      job?.reject(error);
      job = undefined;
      socket.destroy();
    }

    function finish(answer: Answer): void {
      job?.resolve(answer);
      job = undefined;
      const next = answer.keepAlive ? waiting.shift() : undefined;
      if (!answer.keepAlive) socket.destroy();
      else if (next) connection.start(next);
      else {
        idle.push(connection);
        // Idle, it does not keep the process alive.
        socket.unref();
      }
    }

    const connection = {
      start(next: Job) {
        job = next;
        read = answerReader();
        socket.ref();
        socket.write(next.request, 'latin1');
      },
    };
    return connection;
  }

  return (path, headers) =>
    new Promise((resolve, reject) => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const job = { request: `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, resolve, reject };
      const connection = idle.pop() ?? (open < limit ? connect() : undefined);
      if (connection) connection.start(job);
      else waiting.push(job);
    });
}

function openSocket({ protocol, hostname, port }: URL): Socket {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'https:') return connectTls({ host, port: Number(port || 443), servername: host });
  return connectPlain({ host, port: Number(port || 80) });
}
