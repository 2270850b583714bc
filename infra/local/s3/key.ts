import { AwsError } from '../aws-error.ts';

/** Longest key, bytes of UTF-8: S3's limit. */
const MAX_KEY_BYTES = 1024;

/** Refuses a key that S3 would refuse. */
export function checkKey(key: string): void {
  if (key === '') throw new AwsError('InvalidRequest', 'The object key must not be empty');
  if (Buffer.byteLength(key) > MAX_KEY_BYTES)
    throw new AwsError('KeyTooLongError', `Your key is too long: at most ${MAX_KEY_BYTES} bytes`);
  if (key.includes('\u{10ffff}'))
    throw new AwsError('InvalidRequest', 'not supported by the local runtime: U+10FFFF in an object key');
}
