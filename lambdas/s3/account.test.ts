import { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { accountFromEnvironment } from './account.ts';
import { accountOf } from './client.ts';

const credentials = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' };
const buckets = ['starmap', 'my-data-2', 'with.dots'];

/** Where the environment leads to; undefined where it is left to the SDK. */
const plainUrl = (env: Record<string, string>, bucket: string) =>
  accountFromEnvironment({ ...credentials, ...env })
    .bucketUrl(bucket)
    .then(
      (url) => url.href,
      () => undefined,
    );

test.each(['us-east-1', 'eu-west-3', 'ap-southeast-2', 'il-central-1', 'us-gov-west-1'])(
  'buckets in %s are where the SDK looks for them',
  async (region) => {
    const sdk = accountOf(new S3Client({ region }));
    for (const bucket of buckets) {
      const plain = await plainUrl({ AWS_REGION: region }, bucket);
      if (bucket.includes('.')) expect(plain).toBeUndefined();
      else expect(plain).toBe((await sdk.bucketUrl(bucket)).href);
    }
  },
);

test.each(['http://127.0.0.1:4681', 'http://127.0.0.1:4681/', 'https://s3.example.org/under'])(
  'with the endpoint %s too',
  async (endpoint) => {
    const sdk = accountOf(new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true }));
    const plain = await plainUrl({ AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: endpoint }, 'starmap');
    expect(plain).toBe((await sdk.bucketUrl('starmap')).href);
  },
);

test.each([
  ['a region with a domain of its own', { AWS_REGION: 'cn-north-1' }],
  ['an isolated region', { AWS_REGION: 'us-isob-east-1' }],
  ['no region', {}],
  ['endpoints for FIPS', { AWS_REGION: 'us-east-1', AWS_USE_FIPS_ENDPOINT: 'true' }],
])('%s is left to the SDK', async (_, env) => {
  expect(await plainUrl(env, 'starmap')).toBeUndefined();
});

test('credentials that are not in the environment are left to the SDK', async () => {
  await expect(accountFromEnvironment({ AWS_REGION: 'us-east-1' }).credentials()).rejects.toThrow('no credentials');
  const session = { ...credentials, AWS_SESSION_TOKEN: 'token' };
  expect(await accountFromEnvironment(session).credentials()).toEqual({
    accessKeyId: 'AKIA',
    secretAccessKey: 'secret',
    sessionToken: 'token',
  });
});
