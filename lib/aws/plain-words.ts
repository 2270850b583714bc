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
  if (code && /^E[A-Z]+$/.test(code)) return code;
  // The answer to a HEAD has no body that could name the error.
  if (!name || ['Unknown', 'UnknownError', '403', '301'].includes(name))
    return { 301: 'PermanentRedirect', 403: 'Forbidden' }[statusOf(error)] ?? name ?? 'Error';
  return name;
}

/**
 * True for faults that say nothing about what was asked and pass by themselves or once the user has signed in again:
 * nobody answers, the service has a fault of its own or asks us to come back later, the credentials have run out.
 */
export function isUnreachable(error: unknown): boolean {
  const code = codeOf(error);
  if (['NotStarted', 'NotConnected', 'BadConnectionFile', 'WrongRegion'].includes(code)) return true;
  return unreachable.includes(code) || credentialCodes.includes(code) || statusOf(error) >= 500;
}

/** True where the service knows us and says no. */
export function isRefused(error: unknown): boolean {
  return ['AccessDenied', 'AccessDeniedException', 'Forbidden'].includes(codeOf(error));
}

/** True where the fault lies with who we are: no credentials, or such as the service does not accept. */
export function isAboutCredentials(error: unknown): boolean {
  return credentialCodes.includes(codeOf(error));
}

/** The HTTP status of the answer behind an error; 0 where there was none. */
export function statusOf(error: unknown): number {
  const answer = error instanceof BackendError ? error.cause : error;
  return (answer as { $metadata?: { httpStatusCode?: number } })?.$metadata?.httpStatusCode ?? 0;
}

const credentialCodes = [
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
];

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
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
];

function explain(error: unknown, subject: Subject): string | undefined {
  const { kind, endpoint, region, label } = clients().connection;
  const code = codeOf(error);
  if (unreachable.includes(code))
    return endpoint && kind === 'local'
      ? `The local runtime does not answer at ${endpoint}: start it with npm start.`
      : `${label} does not answer (${code}). Check the network and the region ${region}.`;
  const known = words[code]?.(subject, label);
  if (known || statusOf(error) < 500) return known;
  return `${label} has a fault of its own (${code}). Try again in a moment.`;
}

const words: Record<string, (subject: Subject, label: string) => string> = {
  NoSuchBucket: ({ bucket }, label) => `There is no bucket "${bucket ?? '?'}" (${label}).`,
  NoSuchKey: ({ bucket, key }) => `There is no object s3://${bucket ?? '?'}/${key ?? '?'}.`,
  CredentialsProviderError: (_, label) =>
    `No credentials found for ${label}. Sign in (aws sso login), or choose another profile in Settings.`,
  TokenProviderError: (_, label) => `The sign-in for ${label} has run out. Sign in again: aws sso login.`,
  InvalidClientTokenId: (_, label) => `${label} does not know the access key. Sign in again.`,
  InvalidSignatureException: (_, label) => `${label} does not accept the credentials' signature. Sign in again.`,
  ExpiredToken: (_, label) => `The credentials for ${label} have expired. Sign in again.`,
  ExpiredTokenException: (_, label) => `The credentials for ${label} have expired. Sign in again.`,
  UnrecognizedClientException: (_, label) => `${label} does not accept the credentials. Sign in again.`,
  InvalidAccessKeyId: (_, label) => `${label} does not know the access key. Sign in again.`,
  SignatureDoesNotMatch: (_, label) => `${label} does not accept the credentials' signature. Sign in again.`,
  PermanentRedirect: ({ bucket }, label) => `The bucket "${bucket ?? '?'}" lies in another region than ${label}.`,
  AccessDenied: (subject, label) =>
    `${label} does not allow access to ${nameOf(subject)}. Ask for the right, or choose another.`,
  AccessDeniedException: (subject, label) =>
    `${label} does not allow access to ${nameOf(subject)}. Ask for the right, or choose another.`,
  // Of a HEAD, whose answer does not say which of both it is.
  Forbidden: (subject, label) =>
    `${label} does not allow access to ${nameOf(subject)}, or does not accept the credentials any more. Ask for the right, or sign in again.`,
  StateMachineDoesNotExist: ({ name }, label) =>
    `There is no state machine ${name ?? ''} in ${label}. Deploy it first.`,
};

const nameOf = ({ bucket, key, name }: Subject) => name ?? (bucket ? `s3://${bucket}${key ? `/${key}` : ''}` : 'it');
