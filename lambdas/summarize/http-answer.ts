/** What a server answered. */
export interface Answer {
  status: number;
  body: Buffer;
  /** The connection can be used for another request. */
  keepAlive: boolean;
}

const HEAD_END = '\r\n\r\n';
/** Heads of S3 have some 500 bytes. */
const MAX_HEAD_BYTES = 64 * 1024;

/**
 * Reads one answer to a GET from the bytes of a connection (HTTP/1.1, RFC 9112). An answer with content must tell its
 * length, as S3's do. Of an error whose length is not told, as S3's are not, the first piece is the body.
 * @returns a function that takes the bytes as they come and gives the answer when it is whole.
 * @throws where the bytes are no such answer.
 */
export function answerReader(): (bytes: Buffer) => Answer | undefined {
  let head: Buffer = Buffer.alloc(0);
  let answer: Answer | undefined;
  let filled = 0;
  return (bytes) => {
    let rest = bytes;
    if (!answer) {
      head = head.length === 0 ? bytes : Buffer.concat([head, bytes]);
      const end = head.indexOf(HEAD_END, 0, 'latin1');
      if (end < 0 && head.length > MAX_HEAD_BYTES) throw new Error('the answer is not HTTP');
      if (end < 0) return undefined;
      rest = head.subarray(end + HEAD_END.length);
      const begun = begin(head.toString('latin1', 0, end));
      if (begun.length === undefined) return { ...begun, body: Buffer.from(rest), keepAlive: false };
      answer = { ...begun, body: Buffer.allocUnsafe(begun.length) };
    }
    if (filled + rest.length > answer.body.length) throw new Error('the answer is longer than it said');
    rest.copy(answer.body, filled);
    filled += rest.length;
    return filled === answer.body.length ? answer : undefined;
  };
}

function begin(head: string): { status: number; length: number | undefined; keepAlive: boolean } {
  const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(head)?.[1]);
  if (!status) throw new Error('the answer is not HTTP');
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined && status < 300) throw new Error(`the answer ${status} does not tell its length`);
  return {
    status,
    length: length === undefined ? undefined : Number(length),
    keepAlive: !/\r\nconnection: *close/i.test(head),
  };
}
