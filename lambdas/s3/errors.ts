import { Failure } from '../failure.ts';

/** The HTTP status of an SDK error, undefined where there was no answer. */
export function httpStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  return (error.$metadata as { httpStatusCode?: number }).httpStatusCode;
}

/** True where the object, bucket or range asked for does not exist. */
export const isAbsent = (error: unknown) => httpStatus(error) === 404;

const transientCodes = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|UND_ERR)|TimeoutError|SlowDown|RequestTimeout/;

/** True where asking S3 again may help: timeouts, broken connections, throttling and 5xx answers. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const status = httpStatus(error);
  if (status !== undefined && (status >= 500 || status === 429)) return true;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return transientCodes.test(code) || transientCodes.test(error.name) || error.message === 'aborted';
}

/**
 * An error of the SDK as a failure that says what was being done.
 * @param doing begins the message, e.g. `datasets/x/3.safetensors: reading it`.
 */
export function toFailure(error: unknown, doing: string): Error {
  if (error instanceof Failure) return error;
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const options = { cause: error };
  if (isTransient(error)) return new Failure('TransientS3Error', `${doing} failed, S3 answered ${reason}`, options);
  if (error instanceof Error && error.name === 'NoSuchBucket') {
    return new Failure('NoSuchBucket', `${doing} failed: the bucket does not exist`, options);
  }
  if (httpStatus(error) === 403) {
    return new Failure('AccessDenied', `${doing} failed: this role may not (${reason})`, options);
  }
  return error instanceof Error ? error : new Error(`${doing} failed: ${reason}`, options);
}
