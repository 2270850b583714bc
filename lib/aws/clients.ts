import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { type Connection, connection } from '../env.ts';

export interface Clients {
  connection: Connection;
  s3: S3Client;
  sfn: SFNClient;
  lambda: LambdaClient;
  logs: CloudWatchLogsClient;
}

/**
 * The SDK clients of the current connection, made once for it. Next loads modules more than once, hence the global.
 */
export function clients(): Clients {
  const current = connection();
  const kept = shared.__starmapClients;
  if (kept && sameServices(kept.connection, current)) return { ...kept, connection: current };
  // The old ones are left to finish what is in flight; nothing refers to them afterwards.
  const made = makeClients(current);
  shared.__starmapClients = made;
  return made;
}

const shared = globalThis as typeof globalThis & { __starmapClients?: Clients };

function makeClients(to: Connection): Clients {
  const common = {
    region: to.region,
    ...(to.endpoint ? { endpoint: to.endpoint } : {}),
    ...(to.accessKeyId && to.secretAccessKey
      ? { credentials: { accessKeyId: to.accessKeyId, secretAccessKey: to.secretAccessKey } }
      : {}),
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
  };
  return {
    connection: to,
    s3: new S3Client({ ...common, forcePathStyle: to.endpoint !== null }),
    // Adaptive: Step Functions and Logs answer to small account-wide quotas.
    sfn: new SFNClient({ ...common, retryMode: 'adaptive' }),
    logs: new CloudWatchLogsClient({ ...common, retryMode: 'adaptive' }),
    lambda: new LambdaClient(common),
  };
}

const sameServices = (a: Connection, b: Connection) =>
  a.endpoint === b.endpoint &&
  a.region === b.region &&
  a.accessKeyId === b.accessKeyId &&
  a.secretAccessKey === b.secretAccessKey;
