import { S3Client } from '@aws-sdk/client-s3';
import { Failure } from './failure.ts';

/** How often S3 was asked and how long each answer took until its first byte, s. Retries count as requests of their own. */
export interface RequestMeter {
  readonly secondsEach: number[];
  reset(): void;
}

/** A client of the deployment's S3. Region, credentials and endpoint come from the environment, as on Lambda. */
export function openS3(): { s3: S3Client; meter: RequestMeter } {
  const s3 = new S3Client({
    forcePathStyle: customEndpoint() !== undefined,
    // Lengths and ETags guard the data; a CRC-32 in JavaScript over every byte costs more than the download.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestChecksumCalculation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000, httpAgent: { maxSockets: 64 } },
  });
  const secondsEach: number[] = [];
  s3.middlewareStack.add(
    (next) => async (args) => {
      const startedMs = performance.now();
      try {
        return await next(args);
      } finally {
        secondsEach.push((performance.now() - startedMs) / 1000);
      }
    },
    // Inside the SDK's own retry, so that each attempt is counted.
    { step: 'finalizeRequest', priority: 'low', name: 'meterRequests' },
  );
  const reset = () => {
    secondsEach.length = 0;
  };
  return { s3, meter: { secondsEach, reset } };
}

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

/** Where the objects of a bucket are, without a slash at the end, by the client's own rules (endpoint, path style, region). */
export async function bucketUrl(s3: S3Client, bucket: string): Promise<URL> {
  const {
    region,
    useFipsEndpoint: fips,
    useDualstackEndpoint: dualStack,
    forcePathStyle,
    endpointProvider,
  } = s3.config;
  const told = await s3.config.endpoint?.();
  const { url } = endpointProvider({
    Bucket: bucket,
    Region: await region(),
    Endpoint: told
      ? `${told.protocol}//${told.hostname}${told.port ? `:${told.port}` : ''}${told.path}`
      : customEndpoint(),
    ForcePathStyle: forcePathStyle,
    UseFIPS: await fips(),
    UseDualStack: await dualStack(),
  });
  return url;
}

const customEndpoint = () => process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
