import { connection } from '../connection.ts';

/**
 * `starmap env`: what the aws CLI needs to talk to the services in use. On AWS that is a region and a profile: the CLI
 * finds the credentials itself.
 */
export function printEnv(options: { json?: boolean }): void {
  const { kind, endpoint, region, profile, roleArn, accessKeyId, secretAccessKey } = connection();
  const variables = Object.entries({
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_PROFILE: profile,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  }).filter(([, value]) => value !== null);
  if (options.json) {
    console.log(JSON.stringify(Object.fromEntries(variables)));
    return;
  }
  for (const [name, value] of variables) console.log(`export ${name}='${value}'`);
  // A shell that was set up for the local runtime must not take its keys to AWS.
  if (kind === 'aws' && profile) console.log('unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN');
  if (kind === 'aws' && roleArn) console.log(`# Starmap itself assumes ${roleArn} with these credentials.`);
}
