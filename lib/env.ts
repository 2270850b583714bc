import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/**
 * The settings of this process, and how to reach the AWS-compatible services. The only reader of `process.env`; with
 * nothing set it means the local runtime, with its state in `.starmap/` of the current folder.
 */
export interface Env {
  backend: 'local' | 'aws';
  /** State folder, absolute. */
  home: string;
  /** Dashboard port. */
  port: number;
  runtimePort: number;
  /** SQLite database, a `file:` URL. */
  databaseUrl: string;
  /** Runs that the watcher keeps in flight at once. */
  parallelRuns: number;
  /** The launcher that started this process; it must not outlive it. */
  launcherPid: number | null;
  /** The Chromium for the end-to-end tests, where the user names one. */
  chromiumPath: string | null;
}

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
  bucket: string;
  stateMachineArn: string;
  functions: { initialize: string | null; summarize: string | null; inference: Record<string, string> };
  /** Function name without the `starmap-` prefix → log group. */
  logGroups: Record<string, string>;
  defaultMemoryMb: number;
  /** How often the watcher may ask about a running execution, ms: AWS grants one DescribeMapRun a second per account. */
  pollMs: number;
}

/** A setting that is missing or wrong; the message lists each. */
export class EnvError extends Error {
  override name = 'EnvError';
}

/** The services cannot be reached or refuse us; the message says what to do. */
export class BackendError extends Error {
  override name = 'BackendError';
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const port = (fallback: number) =>
  z.coerce
    .number({ error: 'must be a port number from 0 to 65535' })
    .int('must be a whole number')
    .min(0, 'must be a port number from 0 to 65535')
    .max(65_535, 'must be a port number from 0 to 65535')
    .default(fallback);

const variables = z.object({
  STARMAP_BACKEND: z.enum(['local', 'aws'], { error: 'must be "local" or "aws"' }).default('local'),
  STARMAP_HOME: z.string().min(1, 'must name a folder').default('.starmap'),
  STARMAP_PORT: port(4680),
  STARMAP_RUNTIME_PORT: port(4681),
  STARMAP_PARALLEL_RUNS: z.coerce
    .number({ error: 'must be a whole number from 1 to 50' })
    .int('must be a whole number from 1 to 50')
    .min(1, 'must be a whole number from 1 to 50')
    .max(50, 'must be a whole number from 1 to 50')
    .default(1),
  STARMAP_LAUNCHER_PID: z.coerce.number().int().positive().optional(),
  CHROMIUM_PATH: z.string().optional(),
  DATABASE_URL: z
    .string()
    .regex(/^file:./, 'must be a file: URL of an SQLite database, such as file:/data/starmap.db')
    .optional(),
});

/** Reads the settings. Throws an EnvError that names every wrong variable. */
export function env(): Env {
  const read = parse(variables);
  const home = path.resolve(read.STARMAP_HOME);
  return {
    backend: read.STARMAP_BACKEND,
    home,
    port: read.STARMAP_PORT,
    runtimePort: read.STARMAP_RUNTIME_PORT,
    databaseUrl: read.DATABASE_URL ?? `file:${path.join(home, 'starmap.db')}`,
    parallelRuns: read.STARMAP_PARALLEL_RUNS,
    launcherPid: read.STARMAP_LAUNCHER_PID ?? null,
    chromiumPath: read.CHROMIUM_PATH ?? null,
  };
}

/** How to reach the services now: the local runtime may have restarted on another port since the last call. */
export function connection(): Connection {
  const { backend, home } = env();
  return backend === 'aws' ? awsConnection() : localConnection(path.join(home, 'connection.json'));
}

/**
 * A folder of the checkout, absolute. Bundled code does not know where its source lay: there it is the folder in which
 * the server was started.
 */
export function projectFolder(name: string): string {
  const roots = [...(import.meta.dirname ? [path.join(import.meta.dirname, '..')] : []), process.cwd()];
  const found = roots.map((root) => path.join(root, name)).find((folder) => existsSync(folder));
  if (!found) throw new EnvError(`${name} was not found in ${process.cwd()}: start Starmap in its own folder.`);
  return found;
}

const jsonOf = <T extends z.ZodType>(schema: T, message: string) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue(message);
        return z.NEVER;
      }
    })
    .pipe(schema);

const awsVariables = z
  .object({
    AWS_REGION: z.string().optional(),
    AWS_DEFAULT_REGION: z.string().optional(),
    AWS_PROFILE: z.string().optional(),
    AWS_ENDPOINT_URL: z.url('must be a URL').optional(),
    STARMAP_BUCKET: z.string({ error: 'must name the bucket of the deployment (stack output Bucket)' }).min(3),
    STARMAP_STATE_MACHINE_ARN: z
      .string({ error: 'must be the ARN of the deployed state machine (stack output StateMachineArn)' })
      .regex(/^arn:[^:]+:states:[^:]+:\d+:stateMachine:.+$/, 'must be the ARN of a state machine'),
    STARMAP_INITIALIZE_FUNCTION: z.string().optional(),
    STARMAP_SUMMARIZE_FUNCTION: z.string().optional(),
    STARMAP_INFERENCE_FUNCTIONS: jsonOf(
      z.record(z.string().regex(/^\d+$/, 'must map memory in MB to a function ARN'), z.string()),
      'must be JSON such as {"2048":"<function ARN>"}',
    ).default({}),
    STARMAP_DEFAULT_MEMORY_MB: z.coerce.number().int().min(128).max(10_240).default(2048),
  })
  .refine((read) => read.AWS_REGION ?? read.AWS_DEFAULT_REGION, {
    path: ['AWS_REGION'],
    message: 'must name the region of the deployment, such as us-east-1',
  });

function awsConnection(): Connection {
  const read = parse(awsVariables);
  const region = read.AWS_REGION ?? read.AWS_DEFAULT_REGION ?? '';
  const functions = {
    initialize: read.STARMAP_INITIALIZE_FUNCTION ?? null,
    summarize: read.STARMAP_SUMMARIZE_FUNCTION ?? null,
    inference: read.STARMAP_INFERENCE_FUNCTIONS,
  };
  return {
    kind: 'aws',
    label: `AWS ${region}${read.AWS_PROFILE ? ` · ${read.AWS_PROFILE}` : ''}`,
    endpoint: read.AWS_ENDPOINT_URL ?? null,
    region,
    accessKeyId: null,
    secretAccessKey: null,
    bucket: read.STARMAP_BUCKET,
    stateMachineArn: read.STARMAP_STATE_MACHINE_ARN,
    functions,
    logGroups: logGroupsOf(functions),
    defaultMemoryMb: read.STARMAP_DEFAULT_MEMORY_MB,
    pollMs: 2_500,
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

let lastRead: { version: string; connection: Connection } | undefined;

function localConnection(file: string): Connection {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat)
    throw new BackendError(
      'NotStarted',
      `The local runtime has not been started on ${path.dirname(file)}: start it with npm start.`,
    );
  const version = `${file} ${stat.mtimeMs} ${stat.ino} ${stat.size}`;
  if (lastRead?.version !== version)
    lastRead = { version, connection: { kind: 'local', label: 'Local runtime', ...readConnection(file), pollMs: 300 } };
  return lastRead.connection;
}

function readConnection(file: string) {
  try {
    return connectionFile.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new BackendError(
      'BadConnectionFile',
      `${file} cannot be read as the local runtime's connection: restart it with npm start.`,
      { cause },
    );
  }
}

function parse<T extends z.ZodType>(schema: T): z.output<T> {
  // An empty variable is what a shell leaves behind when one is "unset" in an env file: it counts as not set.
  const present = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(present);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')} ${issue.message}`);
  throw new EnvError(`Wrong settings in the environment:\n${[...new Set(lines)].join('\n')}`);
}
