import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { STSClient } from '@aws-sdk/client-sts';
import { type Connection, connection } from '../connection.ts';
import { credentialsOf } from './credentials.ts';

export interface Clients {
  connection: Connection;
  s3: S3Client;
  sfn: SFNClient;
  lambda: LambdaClient;
  logs: CloudWatchLogsClient;
  sts: STSClient;
  cloudFormation: CloudFormationClient;
}

/** Connections in use at once: the current one, and one that is being tried on the settings page. */
const KEEP = 3;

/**
 * The SDK clients of the current connection, made once for it: they hold the open sockets, the credentials until these
 * run out, and the rate at which the service lets us ask. Next loads modules more than once, hence the global.
 */
export function clients(): Clients {
  const current = connection();
  shared.__starmapClients ??= [];
  const kept = shared.__starmapClients;
  const found = kept.find((each) => sameServices(each.connection, current));
  if (found) return { ...found, connection: current };
  const made = makeClients(current);
  // An old one is left to finish what is in flight; nothing refers to it afterwards.
  shared.__starmapClients = [made, ...kept].slice(0, KEEP);
  return made;
}

/** Makes the clients, and with them the credentials, anew at the next call. */
export function forgetClients(): void {
  shared.__starmapClients = [];
}

const shared = globalThis as typeof globalThis & { __starmapClients?: Clients[] };

function makeClients(to: Connection): Clients {
  const common = {
    region: to.region,
    ...(to.endpoint ? { endpoint: to.endpoint } : {}),
    credentials: credentialsOf(to),
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
    sts: new STSClient(common),
    cloudFormation: new CloudFormationClient(common),
  };
}

const sameServices = (a: Connection, b: Connection) =>
  a.endpoint === b.endpoint &&
  a.region === b.region &&
  a.accessKeyId === b.accessKeyId &&
  a.secretAccessKey === b.secretAccessKey &&
  a.profile === b.profile &&
  a.roleArn === b.roleArn;
