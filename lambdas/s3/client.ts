import { S3Client } from '@aws-sdk/client-s3';
import { customEndpoint, type S3Account } from './account.ts';
import type { RequestMeter } from './request-meter.ts';

/**
 * The SDK's client of the deployment's S3. Region, credentials and endpoint come from the environment, as on Lambda.
 * @param meter counts each attempt of a request.
 */
export function openS3(meter?: RequestMeter): S3Client {
  const s3 = new S3Client({
    forcePathStyle: customEndpoint() !== undefined,
    // Lengths and ETags guard the data; a CRC-32 in JavaScript over every byte costs more than the download.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestChecksumCalculation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000, httpAgent: { maxSockets: 64 } },
  });
  if (!meter) return s3;
  s3.middlewareStack.add(
    (next) => (args) => meter.measure(() => next(args)),
    // Inside the SDK's own retry, so that each attempt is counted.
    { step: 'finalizeRequest', priority: 'low', name: 'meterRequests' },
  );
  return s3;
}

/** What a client knows: its region, credentials and where it finds buckets. */
export function accountOf(s3: S3Client): S3Account {
  return { region: s3.config.region, credentials: s3.config.credentials, bucketUrl: (bucket) => bucketUrl(s3, bucket) };
}

/** Where the objects of a bucket are, without a slash at the end, by the client's own rules (endpoint, path style, region). */
async function bucketUrl(s3: S3Client, bucket: string): Promise<URL> {
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
