import type * as z from 'zod';
import { forgetClients } from '../aws/clients.ts';
import { codeOf, isAboutCredentials, statusOf } from '../aws/plain-words.ts';
import { listProfiles } from '../aws/profiles.ts';
import { rightsOf, testRight } from '../aws/rights.ts';
import { findStacks } from '../aws/stacks.ts';
import {
  accountConnection,
  backendInUse,
  type Connection,
  connectionTo,
  maybeSavedAws,
  onConnection,
  saveAws,
  saveBackend,
} from '../connection.ts';
import type { ActionResult } from '../domain/action-result.ts';
import {
  AccountChoice,
  type AccountInput,
  AwsChoice,
  type AwsInput,
  type ConnectionSettings,
  type StackChoice,
} from '../domain/connection-settings.ts';
import { type Right, type RightResult, remedyOf } from '../domain/right.ts';
import type { SavedAws } from '../domain/saved-connection.ts';
import { awsEnvironment, BackendError, env } from '../env.ts';
import { wakeWatcher } from './wake-watcher.ts';

/** The connection's settings as they are now, and which of them the environment fixes. */
export function readConnectionSettings(): ConnectionSettings {
  const fixed = awsEnvironment();
  let problem: string | null = null;
  const unlessDamaged = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      problem = error.message;
      return undefined;
    }
  };
  const saved = unlessDamaged(maybeSavedAws);
  const backend = unlessDamaged(backendInUse) ?? 'local';
  return {
    backend: { value: backend, fixedBy: env().backend ? 'STARMAP_BACKEND' : null },
    region: { value: fixed.region?.value ?? saved?.region ?? '', fixedBy: fixed.region?.variable ?? null },
    profile: {
      value: (fixed.profile ? fixed.profile.value : saved?.profile) ?? '',
      fixedBy: fixed.profile?.variable ?? null,
    },
    roleArn: saved?.roleArn ?? '',
    deploymentFixedBy: fixed.deployment,
    endpoint: fixed.endpoint?.value ?? null,
    stack: saved ? { name: saved.stackName, outputs: saved.outputs, changedAt: null } : null,
    profiles: listProfiles(),
    problem,
  };
}

/** The stacks of a region that can be connected to. */
export async function findStacksOf(input: AccountInput): Promise<ActionResult<StackChoice[]>> {
  const account = AccountChoice.safeParse(withFixed(input));
  if (!account.success) return wrong(account.error);
  const to = accountConnection(account.data);
  // As whoever is signed in now.
  forgetClients();
  try {
    return { ok: true, value: await onConnection(to, findStacks) };
  } catch (error) {
    return refused(error, to);
  }
}

/** What has to be tested for a choice; nothing is called yet. */
export async function rightsFor(input: AwsInput): Promise<ActionResult<Right[]>> {
  const to = connectionFor(input);
  if (!to.ok) return to;
  forgetClients();
  return { ok: true, value: onConnection(to.value, rightsOf) };
}

/** Tests one right of a choice. */
export async function testRightFor(input: AwsInput, id: string): Promise<RightResult> {
  const to = connectionFor(input);
  if (!to.ok) return { verdict: 'untested', detail: to.message, remedy: null };
  return onConnection(to.value, () => testRight(id));
}

/** Uses the local runtime from now on. */
export async function chooseLocal(): Promise<ActionResult<null>> {
  return save(() => saveBackend('local'));
}

/** Uses a deployment on AWS from now on. */
export async function chooseAws(input: AwsInput): Promise<ActionResult<null>> {
  const { deployment } = awsEnvironment();
  // The environment names the deployment: then there is nothing to choose but to use it.
  if (deployment) return save(() => saveBackend('aws'));
  const choice = AwsChoice.safeParse(withFixed(input));
  if (!choice.success) return wrong(choice.error);
  const to = connectionFor(input);
  if (!to.ok) return to;
  return save(() => {
    saveAws({ ...choice.data, savedAt: new Date().toISOString() } satisfies SavedAws);
    saveBackend('aws');
  });
}

function save(write: () => void): ActionResult<null> {
  const { backend, home } = env();
  if (backend)
    return {
      ok: false,
      message: `STARMAP_BACKEND=${backend} in the environment decides: unset it and restart to choose here.`,
      fieldErrors: {},
    };
  try {
    write();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    if (!reason) throw error;
    return { ok: false, message: `The settings cannot be written to ${home} (${reason}).`, fieldErrors: {} };
  }
  wakeWatcher();
  return { ok: true, value: null };
}

function connectionFor(input: AwsInput): ActionResult<Connection> {
  const choice = AwsChoice.safeParse(withFixed(input));
  if (!choice.success) return wrong(choice.error);
  try {
    return { ok: true, value: connectionTo(choice.data) };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return { ok: false, message: error.message, fieldErrors: { region: error.message } };
  }
}

/** What the environment says wins, whatever the form says. */
function withFixed<T extends AccountInput>(input: T): T {
  const { region, profile } = awsEnvironment();
  return {
    ...input,
    ...(region ? { region: region.value } : {}),
    ...(profile ? { profile: profile.value ?? '' } : {}),
  };
}

function refused(error: unknown, to: Connection): ActionResult<never> {
  const cause = error instanceof BackendError ? error.cause : error;
  const code = codeOf(cause);
  const text = cause instanceof Error ? cause.message : String(cause);
  const right = { id: 'stacks', what: '', action: 'cloudformation:DescribeStacks', resource: '*' };
  const remedy = remedyOf({ code, message: text }, right, to);
  const status = statusOf(error);
  if (!remedy && !status && !(error instanceof BackendError)) throw error;
  const message =
    remedy ?? (error instanceof BackendError ? error.message : `${to.label} answered ${status} (${code}). Try again.`);
  const field = /AssumeRole/.test(text) ? 'roleArn' : isAboutCredentials(error) ? 'profile' : 'region';
  return { ok: false, message, fieldErrors: { [field]: message } };
}

function wrong(error: z.ZodError): ActionResult<never> {
  const fieldErrors: Record<string, string> = {};
  for (const { path, message } of error.issues) {
    const field = path[0] === 'outputs' ? 'stackName' : String(path[0]);
    fieldErrors[field] ??= path[0] === 'outputs' ? `Its output ${String(path[1])} ${message}` : message;
  }
  const names: Record<string, string> = { region: 'Region', profile: 'Profile', roleArn: 'Role', stackName: 'Stack' };
  const message = Object.entries(fieldErrors)
    .map(([field, words]) => `${names[field] ?? field}: ${words}.`)
    .join(' ');
  return { ok: false, message, fieldErrors };
}
