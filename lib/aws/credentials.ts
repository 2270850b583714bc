import { fromIni, fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { Connection } from '../connection.ts';

type Identity = Pick<Connection, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey' | 'profile' | 'roleArn'>;

/**
 * Where the SDK gets credentials from: the local runtime's own, else a profile or AWS's usual chain, and with them the
 * role to assume, if any. Only the SDK ever holds them. The files in ~/.aws are read anew each time, so that signing in
 * again needs no restart.
 */
export function credentialsOf(to: Identity) {
  const { region, endpoint, accessKeyId, secretAccessKey, profile, roleArn } = to;
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
  const clientConfig = { region, ...(endpoint ? { endpoint } : {}) };
  const own = profile
    ? fromIni({ profile, ignoreCache: true, clientConfig })
    : fromNodeProviderChain({ ignoreCache: true, clientConfig });
  if (!roleArn) return own;
  return fromTemporaryCredentials({
    masterCredentials: own,
    params: { RoleArn: roleArn, RoleSessionName: 'starmap' },
    clientConfig,
  });
}
