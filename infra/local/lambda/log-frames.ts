/** One frame of an environment's log pipe; `end` closes an invocation. */
export type LogFrame = { kind: 'line'; timestampMs: number; message: string } | { kind: 'end'; requestId: string };

const HEADER_BYTES = 16;
const FRAME = 0xa55a0003;
const END_FRAME = 0xa55a00ff;

/**
 * Splits the log pipe's bytes into frames: type and length (big-endian uint32), time in microseconds (int64), text. The
 * format is that of Lambda's own runtimes (`_LAMBDA_TELEMETRY_LOG_FD`), so theirs can be used too; END is ours.
 */
export function frameReader(onFrame: (frame: LogFrame) => void): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + held.readUInt32BE(4);
      if (held.length < end) return;
      const type = held.readUInt32BE(0);
      const text = held.toString('utf8', HEADER_BYTES, end);
      if (type === END_FRAME) onFrame({ kind: 'end', requestId: text });
      else if ((type & 0xffffff00) >>> 0 === (FRAME & 0xffffff00) >>> 0)
        onFrame({ kind: 'line', timestampMs: Number(held.readBigInt64BE(8)) / 1000, message: text });
      held = held.subarray(end);
    }
  };
}
