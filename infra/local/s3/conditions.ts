import { AwsError } from '../aws-error.ts';
import type { ObjectMeta } from './store.ts';

type Headers = Record<string, string | undefined>;

/**
 * Conditional reads (RFC 9110 §13): throws PreconditionFailed (412).
 * @returns true where the answer is 304 Not Modified.
 */
export function notModified(headers: Headers, meta: ObjectMeta): boolean {
  const modifiedSeconds = Math.floor(meta.lastModified.getTime() / 1000);
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  if (ifMatch !== undefined && !matches(ifMatch, meta.etag)) throw preconditionFailed('If-Match');
  const unmodified = seconds(headers['if-unmodified-since']);
  if (ifMatch === undefined && unmodified !== undefined && modifiedSeconds > unmodified)
    throw preconditionFailed('If-Unmodified-Since');
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, meta.etag);
  const since = seconds(headers['if-modified-since']);
  return since !== undefined && modifiedSeconds <= since;
}

/** Conditional writes: `If-None-Match: *` (create only) and `If-Match` (replace only this version). */
export function checkWrite(headers: Headers, current: () => ObjectMeta | undefined): void {
  if (headers['if-none-match'] === '*' && current()) throw preconditionFailed('If-None-Match');
  const ifMatch = headers['if-match'];
  if (ifMatch === undefined) return;
  const meta = current();
  if (!meta) throw new AwsError('NoSuchKey', 'The specified key does not exist', 404);
  if (!matches(ifMatch, meta.etag)) throw preconditionFailed('If-Match');
}

/**
 * One byte range of RFC 9110: `bytes=0-9`, `bytes=5-`, `bytes=-3`.
 * @returns undefined where there is none (several ranges or another unit are ignored, as S3 does); throws InvalidRange.
 */
export function byteRange(header: string | undefined, sizeBytes: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const start = match[1] === '' ? Math.max(0, sizeBytes - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? sizeBytes - 1 : Math.min(Number(match[2]), sizeBytes - 1);
  if (start >= sizeBytes || (match[1] === '' && Number(match[2]) === 0))
    throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416);
  return end < start ? undefined : { start, end };
}

const preconditionFailed = (condition: string) =>
  new AwsError(
    'PreconditionFailed',
    `At least one of the pre-conditions you specified did not hold: ${condition}`,
    412,
  );
const matches = (header: string, etag: string) =>
  header.split(',').some((each) => each.trim() === '*' || each.trim().replaceAll('"', '') === etag.replaceAll('"', ''));
function seconds(header: string | undefined): number | undefined {
  const ms = header === undefined ? Number.NaN : Date.parse(header);
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}
