/** One thing that the dashboard must be allowed to do, as the settings page tests it. */
export interface Right {
  id: string;
  /** What for. */
  what: string;
  /** The IAM action, such as `states:DescribeExecution`; null where none is needed. */
  action: string | null;
  /** ARN that the action is needed on. */
  resource: string;
}

/** What came of testing it. */
export interface RightResult {
  verdict: 'granted' | 'missing' | 'untested';
  /** What was found, or what the service answered. */
  detail: string | null;
  /** What to do where it is not granted. */
  remedy: string | null;
}

/** As whom and where, for the remedy. */
export interface Asker {
  label: string;
  region: string;
  profile: string | null;
  roleArn: string | null;
  endpoint: string | null;
}

/** What went wrong, by the name that the service or the SDK gives it. */
export interface Refusal {
  code: string;
  message: string;
}

/** What to do about a refusal; undefined where it is not known. */
export function remedyOf({ code, message }: Refusal, { action, resource }: Right, asker: Asker): string | undefined {
  if (/sts:AssumeRole/.test(message))
    return `Allow sts:AssumeRole on ${asker.roleArn} for ${nameOf(asker)}, and let the trust policy of the role name it.`;
  if (denied.has(code)) return `Allow ${action ?? 'the call'} on ${resource}.`;
  return remedies[code]?.(message, asker, resource);
}

const denied = new Set(['AccessDenied', 'AccessDeniedException', 'Forbidden', 'UnauthorizedOperation']);

const nameOf = ({ profile }: Asker) => (profile ? `the profile ${profile}` : 'your credentials');
const signIn = ({ profile }: Asker) => `aws sso login${profile ? ` --profile ${profile}` : ''}`;
const renew = (_: string, asker: Asker) =>
  `The credentials have run out. Sign in again: ${signIn(asker)}, or renew the keys of ${nameOf(asker)}.`;
const notAccepted = (_: string, asker: Asker) =>
  `AWS does not accept the keys of ${nameOf(asker)}: they were deleted or are mistyped. Make new ones (aws configure${
    asker.profile ? ` --profile ${asker.profile}` : ''
  }), or sign in: ${signIn(asker)}.`;
const network = (_: string, { endpoint, region }: Asker) =>
  endpoint
    ? `Nothing answers at ${endpoint} (AWS_ENDPOINT_URL). Start it, or unset the variable and restart.`
    : `Nothing answers in ${region}: check that the region is spelled rightly, and the network or proxy.`;

const remedies: Record<string, (message: string, asker: Asker, resource: string) => string> = {
  CredentialsProviderError: (message, asker) => {
    if (/sso|token/i.test(message)) return `The sign-in has run out. Sign in again: ${signIn(asker)}`;
    if (asker.profile)
      return `The profile ${asker.profile} has no credentials that can be used: aws configure --profile ${asker.profile}, or choose another.`;
    return 'No credentials were found: choose a profile, or run aws configure, or sign in with aws sso login.';
  },
  TokenProviderError: (_, asker) => `The sign-in has run out. Sign in again: ${signIn(asker)}`,
  ExpiredToken: renew,
  ExpiredTokenException: renew,
  RequestExpired: () => 'The clock of this machine is wrong by more than 5 minutes: set it.',
  RequestTimeTooSkewed: () => 'The clock of this machine is wrong by more than 5 minutes: set it.',
  InvalidClientTokenId: notAccepted,
  UnrecognizedClientException: notAccepted,
  InvalidAccessKeyId: notAccepted,
  SignatureDoesNotMatch: notAccepted,
  InvalidSignatureException: notAccepted,
  ENOTFOUND: network,
  EAI_AGAIN: network,
  ECONNREFUSED: network,
  ETIMEDOUT: network,
  EHOSTUNREACH: network,
  TimeoutError: network,
  AbortError: network,
  NoSuchBucket: () => 'There is no such bucket: the stack was changed or removed. Deploy it again, or choose another.',
  PermanentRedirect: (_, { region }) => `The bucket does not lie in ${region}: choose the region of the stack.`,
  AuthorizationHeaderMalformed: (_, { region }) =>
    `The bucket does not lie in ${region}: choose the region of the stack.`,
  StateMachineDoesNotExist: () => 'The stack was changed or removed. Deploy it again, or choose another.',
  ResourceNotFoundException: (_message, _asker, resource) =>
    `${resource} is not there: the stack was changed or removed. Deploy it again, or choose another.`,
  ThrottlingException: () => 'AWS asks for a pause: too many calls. Test again in a minute.',
};
