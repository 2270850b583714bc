import { AsyncLocalStorage } from 'node:async_hooks';
import path from 'node:path';
import * as z from 'zod';
import { StackOutputs } from './domain/deployment.ts';
import { SavedAws, SavedSettings } from './domain/saved-connection.ts';
import { awsEnvironment, BackendError, EnvError, env, environmentsDeployment } from './env.ts';
import { maybeReadSaved, writeSaved } from './saved-file.ts';

/** Where the services are and what is deployed there. The credentials are null where AWS's usual chain finds them. */
export interface Connection {
  kind: 'local' | 'aws';
  /** For people: "Local runtime" or "AWS eu-west-1 · profile". */
  label: string;
  /** null = AWS's own endpoints. */
  endpoint: string | null;
  region: string;
  accessKeyId: string | null;
  secretAccessKey: string | null;
  /** Section of ~/.aws/config whose credentials are used; null = AWS's usual chain. */
  profile: string | null;
  /** Role to assume with them; null = none. */
  roleArn: string | null;
  bucket: string;
  stateMachineArn: string;
  functions: { initialize: string | null; summarize: string | null; inference: Record<string, string> };
  /** Function name without the `starmap-` prefix → log group. */
  logGroups: Record<string, string>;
  defaultMemoryMb: number;
  /** How often the watcher may ask about a running execution, ms: AWS grants one DescribeMapRun a second per account. */
  pollMs: number;
}

/** Which services are in use: as the environment says, else as saved, else the local runtime. */
export function backendInUse(): 'local' | 'aws' {
  const { backend, home } = env();
  return backend ?? maybeReadSaved(path.join(home, 'settings.json'), SavedSettings, badSettings)?.backend ?? 'local';
}

/**
 * How to reach the services now. The local runtime may have restarted on another port since the last call, or the user
 * may have switched to other services: work of several steps is done within `onConnection`.
 */
export function connection(): Connection {
  return chosen.getStore() ?? (backendInUse() === 'aws' ? awsConnection() : localConnection());
}

/** Does some work on the services of one connection from beginning to end, whatever is switched to meanwhile. */
export function onConnection<T>(to: Connection, work: () => T): T {
  return chosen.run(to, work);
}

const chosen = new AsyncLocalStorage<Connection>();

/** Chooses the services for every process of this state folder, unless its environment says otherwise. */
export function saveBackend(backend: SavedSettings['backend']): void {
  writeSaved(path.join(env().home, 'settings.json'), SavedSettings.parse({ backend }));
}

/** Chooses the AWS deployment and as whom to use it. */
export function saveAws(choice: SavedAws): void {
  writeSaved(path.join(env().home, 'aws.json'), SavedAws.parse(choice));
}

/** The deployment and identity saved in the state folder; undefined where none was chosen. */
export function maybeSavedAws(): SavedAws | undefined {
  const file = path.join(env().home, 'aws.json');
  return maybeReadSaved(
    file,
    SavedAws,
    (cause) =>
      new BackendError(
        'BadConnectionFile',
        `${file} cannot be read as the choice of an AWS deployment: choose the stack again in Settings, or run npm run deploy.`,
        { cause },
      ),
  );
}

function awsConnection(): Connection {
  if (awsEnvironment().deployment) return environmentsConnection();
  const saved = maybeSavedAws();
  if (!saved)
    throw new BackendError(
      'NotConnected',
      'No AWS deployment is chosen. Choose a stack in Settings, or run npm run deploy; in a container set STARMAP_BUCKET and STARMAP_STATE_MACHINE_ARN.',
    );
  return connectionTo(saved);
}

/** The connection to a chosen deployment; what the environment fixes wins. */
export function connectionTo(saved: Pick<SavedAws, 'region' | 'profile' | 'roleArn' | 'outputs'>): Connection {
  const fixed = awsEnvironment();
  const outputs = StackOutputs.parse(saved.outputs);
  const region = fixed.region?.value ?? saved.region;
  const stackRegion = outputs.StateMachineArn.split(':')[3];
  if (region !== stackRegion)
    throw new BackendError(
      'WrongRegion',
      `The chosen stack lies in ${stackRegion}, but ${fixed.region?.variable ?? 'the saved region'} is ${region}. ${
        fixed.region ? `Unset ${fixed.region.variable} and restart, or choose` : 'Choose'
      } a stack of ${region} in Settings.`,
    );
  const functions = {
    initialize: outputs.InitializeFunctionArn,
    summarize: outputs.SummarizeFunctionArn,
    inference: outputs.InferenceFunctionArns,
  };
  return {
    ...identity(region, fixed.profile ? fixed.profile.value : saved.profile, saved.roleArn),
    bucket: outputs.Bucket,
    stateMachineArn: outputs.StateMachineArn,
    functions,
    logGroups: { ...logGroupsOf(functions), ...outputs.LogGroups },
    defaultMemoryMb: outputs.DefaultMemoryMb,
  };
}

/** A connection to an account without a deployment: to look for one. */
export function accountConnection(choice: Pick<SavedAws, 'region' | 'profile' | 'roleArn'>): Connection {
  const fixed = awsEnvironment();
  const profile = fixed.profile ? fixed.profile.value : choice.profile;
  return {
    ...identity(fixed.region?.value ?? choice.region, profile, choice.roleArn),
    bucket: '',
    stateMachineArn: '',
    functions: { initialize: null, summarize: null, inference: {} },
    logGroups: {},
    defaultMemoryMb: 0,
  };
}

/** As whom AWS is used and where. */
function identity(region: string, profile: string | null, roleArn: string | null) {
  return {
    kind: 'aws',
    label: `AWS ${region}${profile ? ` · ${profile}` : ''}`,
    endpoint: awsEnvironment().endpoint?.value ?? null,
    region,
    accessKeyId: null,
    secretAccessKey: null,
    profile,
    roleArn,
    pollMs: 2_500,
  } as const;
}

function environmentsConnection(): Connection {
  const deployment = environmentsDeployment();
  const { region, profile } = awsEnvironment();
  if (!region)
    throw new EnvError(
      'Wrong settings in the environment:\n  AWS_REGION must name the region of the deployment, such as us-east-1',
    );
  return {
    ...identity(region.value, profile?.value ?? null, null),
    ...deployment,
    logGroups: logGroupsOf(deployment.functions),
  };
}

/** Lambda's own naming, for a deployment that does not say otherwise. */
function logGroupsOf(functions: Connection['functions']): Record<string, string> {
  const named: [string, string | null][] = [
    ['initialize', functions.initialize],
    ['summarize', functions.summarize],
    ...Object.entries(functions.inference).map(([memoryMb, arn]): [string, string] => [`inference-${memoryMb}`, arn]),
  ];
  return Object.fromEntries(
    named.flatMap(([name, arn]) =>
      arn ? [[name, `/aws/lambda/${arn.split(':function:').at(-1)?.split(':')[0]}`]] : [],
    ),
  );
}

const connectionFile = z.object({
  endpoint: z.url(),
  region: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  bucket: z.string(),
  stateMachineArn: z.string(),
  functions: z.object({
    initialize: z.string(),
    summarize: z.string(),
    inference: z.record(z.string(), z.string()),
  }),
  logGroups: z.record(z.string(), z.string()),
  defaultMemoryMb: z.number(),
});

/** The local runtime that last ran on the state folder. */
export function localConnection(): Connection {
  const { home } = env();
  const file = path.join(home, 'connection.json');
  const read = maybeReadSaved(
    file,
    connectionFile,
    (cause) =>
      new BackendError(
        'BadConnectionFile',
        `${file} cannot be read as the local runtime's connection: restart it with npm start.`,
        { cause },
      ),
  );
  if (!read)
    throw new BackendError('NotStarted', `The local runtime has not been started on ${home}: start it with npm start.`);
  return { kind: 'local', label: 'Local runtime', ...read, profile: null, roleArn: null, pollMs: 300 };
}

function badSettings(cause: unknown): BackendError {
  return new BackendError(
    'BadConnectionFile',
    `${path.join(env().home, 'settings.json')} must be {"backend":"local"} or {"backend":"aws"}: save the settings again, or delete it.`,
    { cause },
  );
}
