import { existsSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

/**
 * The settings of this process. The only reader of `process.env`; with nothing set (and nothing saved, see
 * `connection.ts`) it means the local runtime, with its state in `.starmap/` of the current folder.
 */
export interface Env {
  /** null = as saved by the settings page. */
  backend: 'local' | 'aws' | null;
  /** State folder, absolute. */
  home: string;
  /** Address on which the dashboard listens; only 127.0.0.1 is safe without a guard before it. */
  host: string;
  /** Dashboard port. */
  port: number;
  runtimePort: number;
  /** SQLite (`file:`) or Postgres (`postgresql:`). */
  databaseUrl: string;
  /** Runs that the watcher keeps in flight at once. */
  parallelRuns: number;
  /** The launcher that started this process; it must not outlive it. */
  launcherPid: number | null;
  /** The Chromium for the end-to-end tests, where the user names one. */
  chromiumPath: string | null;
  /** The Python with moto for the tests against an independent AWS, where the user names one. */
  motoPython: string | null;
  /** The contract suite shall also run against the AWS account of the saved connection. */
  remote: boolean;
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

/** Whether a DATABASE_URL means Postgres. */
export function isPostgres(databaseUrl: string): boolean {
  return /^postgres(ql)?:/.test(databaseUrl);
}

const port = (fallback: number) =>
  z.coerce
    .number({ error: 'must be a port number from 0 to 65535' })
    .int('must be a whole number')
    .min(0, 'must be a port number from 0 to 65535')
    .max(65_535, 'must be a port number from 0 to 65535')
    .default(fallback);

const variables = z.object({
  STARMAP_BACKEND: z.enum(['local', 'aws'], { error: 'must be "local" or "aws"' }).optional(),
  STARMAP_HOME: z.string().min(1, 'must name a folder').default('.starmap'),
  STARMAP_HOST: z
    .string()
    .regex(/^[\w.:-]+$/, 'must be an address to listen on, such as 127.0.0.1 or 0.0.0.0')
    .default('127.0.0.1'),
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
  MOTO_PYTHON: z.string().optional(),
  REMOTE: z.string().optional(),
  DATABASE_URL: z
    .string()
    .refine((url) => /^file:./.test(url) || isPostgres(url), {
      error:
        'must begin with file: (SQLite, such as file:/data/starmap.db) or postgresql: (such as postgresql://user:password@host:5432/database)',
      abort: true,
    })
    .refine((url) => !isPostgres(url) || /^\w+:\/\/[^?]*\/[^/?]+/.test(url), {
      error: 'must name a database behind the host, such as postgresql://user:password@host:5432/database',
      abort: true,
    })
    .refine((url) => !isPostgres(url) || URL.canParse(url), {
      error:
        'is not a URL: are host and port right, and are characters such as @ : / # in the password written as %40 %3A %2F %23?',
    })
    .optional(),
});

/** Reads the settings. Throws an EnvError that names every wrong variable. */
export function env(): Env {
  const read = parse(variables);
  const home = path.resolve(read.STARMAP_HOME);
  return {
    backend: read.STARMAP_BACKEND ?? null,
    home,
    host: read.STARMAP_HOST,
    port: read.STARMAP_PORT,
    runtimePort: read.STARMAP_RUNTIME_PORT,
    databaseUrl: read.DATABASE_URL ?? `file:${path.join(home, 'starmap.db')}`,
    parallelRuns: read.STARMAP_PARALLEL_RUNS,
    launcherPid: read.STARMAP_LAUNCHER_PID ?? null,
    chromiumPath: read.CHROMIUM_PATH ?? null,
    motoPython: read.MOTO_PYTHON ?? null,
    remote: read.REMOTE === '1',
  };
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

const deploymentVariables = z.object({
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
});

const awsVariables = z.object({
  AWS_REGION: z.string().optional(),
  AWS_DEFAULT_REGION: z.string().optional(),
  AWS_PROFILE: z.string().optional(),
  AWS_ACCESS_KEY_ID: z.string().optional(),
  AWS_ENDPOINT_URL: z.url('must be a URL').optional(),
  AWS_CONFIG_FILE: z.string().optional(),
  AWS_SHARED_CREDENTIALS_FILE: z.string().optional(),
  HOME: z.string().optional(),
  USERPROFILE: z.string().optional(),
  STARMAP_BUCKET: z.string().optional(),
  STARMAP_STATE_MACHINE_ARN: z.string().optional(),
});

/** The deployment that the environment names. Throws an EnvError that names what is missing. */
export function environmentsDeployment() {
  const read = parse(deploymentVariables);
  return {
    bucket: read.STARMAP_BUCKET,
    stateMachineArn: read.STARMAP_STATE_MACHINE_ARN,
    functions: {
      initialize: read.STARMAP_INITIALIZE_FUNCTION ?? null,
      summarize: read.STARMAP_SUMMARIZE_FUNCTION ?? null,
      inference: read.STARMAP_INFERENCE_FUNCTIONS,
    },
    defaultMemoryMb: read.STARMAP_DEFAULT_MEMORY_MB,
  };
}

/** A setting with the name of the variable of the environment that fixes it; it cannot be changed in the dashboard. */
export interface Fixed<T> {
  value: T;
  variable: string;
}

/** What the environment says about AWS; null = says nothing. */
export interface AwsEnvironment {
  region: Fixed<string> | null;
  /** With the value null the environment holds an access key itself. */
  profile: Fixed<string | null> | null;
  endpoint: Fixed<string> | null;
  /** The variable that names the deployment: then nothing of what is saved counts. */
  deployment: string | null;
  /** Files whose sections are the profiles. */
  profileFiles: { config: string; credentials: string };
}

export function awsEnvironment(): AwsEnvironment {
  const read = parse(awsVariables);
  const fixed = <T extends string>(variable: keyof typeof read & T): Fixed<string> | null =>
    read[variable] === undefined ? null : { value: read[variable], variable };
  const folder = path.join(read.HOME ?? read.USERPROFILE ?? '/', '.aws');
  return {
    region: fixed('AWS_REGION') ?? fixed('AWS_DEFAULT_REGION'),
    profile: fixed('AWS_PROFILE') ?? (read.AWS_ACCESS_KEY_ID ? { value: null, variable: 'AWS_ACCESS_KEY_ID' } : null),
    endpoint: fixed('AWS_ENDPOINT_URL'),
    deployment: fixed('STARMAP_STATE_MACHINE_ARN')?.variable ?? fixed('STARMAP_BUCKET')?.variable ?? null,
    profileFiles: {
      config: read.AWS_CONFIG_FILE ?? path.join(folder, 'config'),
      credentials: read.AWS_SHARED_CREDENTIALS_FILE ?? path.join(folder, 'credentials'),
    },
  };
}

function parse<T extends z.ZodType>(schema: T): z.output<T> {
  // An empty variable is what a shell leaves behind when one is "unset" in an env file: it counts as not set.
  const present = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(present);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')} ${issue.message}`);
  throw new EnvError(`Wrong settings in the environment:\n${[...new Set(lines)].join('\n')}`);
}
