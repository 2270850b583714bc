import { clients } from './clients.ts';

/** Variables by which a program that we start reaches the services in use, as AWS's SDKs read them. */
export async function childEnvironment(): Promise<Record<string, string>> {
  const { connection, s3 } = clients();
  const { accessKeyId, secretAccessKey, sessionToken } = await s3.config.credentials();
  return {
    AWS_REGION: connection.region,
    ...(connection.endpoint ? { AWS_ENDPOINT_URL: connection.endpoint } : {}),
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken ? { AWS_SESSION_TOKEN: sessionToken } : {}),
  };
}
