import { connection } from '../connection.ts';

/** `starmap env`: what the aws CLI needs to talk to the local runtime. */
export function printEnv(options: { json?: boolean }): void {
  const { endpoint, region, accessKeyId, secretAccessKey } = connection();
  const variables = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  if (options.json) console.log(JSON.stringify(variables));
  else for (const [name, value] of Object.entries(variables)) console.log(`export ${name}='${value}'`);
}
