import { BackendError } from '../env.ts';
import { clients } from './clients.ts';

/** What a call is about, for the message when it fails. */
export interface Subject {
  bucket?: string;
  key?: string;
  /** A state machine, execution, function or log group. */
  name?: string;
}

/**
 * Awaits an SDK call and turns the faults that a user can do something about into a BackendError in plain words (its
 * `code` is the service's); any other error passes unchanged.
 */
export async function inPlainWords<T>(call: Promise<T>, subject: Subject = {}): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const words = explain(error, subject);
    throw words ? new BackendError(codeOf(error), words, { cause: error }) : error;
  }
}

/** The service's name of an error, such as `NoSuchKey`. */
export function codeOf(error: unknown): string {
  if (error instanceof BackendError) return error.code;
  const { name, code } = error as { name?: string; code?: string };
  return code && /^E[A-Z]+$/.test(code) ? code : (name ?? 'Error');
}

/** True for faults that pass by themselves: nobody answers, or it asks us to come back later. */
export function isUnreachable(error: unknown): boolean {
  return ['NotStarted', 'BadConnectionFile', ...unreachable].includes(codeOf(error));
}

const unreachable = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'TimeoutError',
  'ServiceUnavailable',
  'SlowDown',
  'ThrottlingException',
];

function explain(error: unknown, subject: Subject): string | undefined {
  const { kind, endpoint, region, label } = clients().connection;
  const code = codeOf(error);
  if (unreachable.includes(code))
    return endpoint && kind === 'local'
      ? `The local runtime does not answer at ${endpoint}: start it with npm start.`
      : `${label} does not answer (${code}). Check the network and the region ${region}.`;
  return words[code]?.(subject, label);
}

const words: Record<string, (subject: Subject, label: string) => string> = {
  NoSuchBucket: ({ bucket }, label) => `There is no bucket "${bucket ?? '?'}" (${label}).`,
  NoSuchKey: ({ bucket, key }) => `There is no object s3://${bucket ?? '?'}/${key ?? '?'}.`,
  CredentialsProviderError: (_, label) =>
    `No credentials found for ${label}. Sign in (aws sso login, or set AWS_PROFILE) and restart.`,
  ExpiredToken: (_, label) => `The credentials for ${label} have expired. Sign in again.`,
  ExpiredTokenException: (_, label) => `The credentials for ${label} have expired. Sign in again.`,
  UnrecognizedClientException: (_, label) => `${label} does not accept the credentials. Sign in again.`,
  InvalidAccessKeyId: (_, label) => `${label} does not know the access key. Sign in again.`,
  SignatureDoesNotMatch: (_, label) => `${label} does not accept the credentials' signature. Sign in again.`,
  AccessDenied: (subject, label) =>
    `${label} does not allow access to ${nameOf(subject)}. Ask for the right, or choose another.`,
  AccessDeniedException: (subject, label) =>
    `${label} does not allow access to ${nameOf(subject)}. Ask for the right, or choose another.`,
  StateMachineDoesNotExist: ({ name }, label) =>
    `There is no state machine ${name ?? ''} in ${label}. Deploy it first.`,
};

const nameOf = ({ bucket, key, name }: Subject) => name ?? (bucket ? `s3://${bucket}${key ? `/${key}` : ''}` : 'it');
