import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { awsEnvironment, BackendError } from '../env.ts';
import { credentialsOf } from './credentials.ts';
import { codeOf } from './plain-words.ts';

// Calls with the rights of whoever deploys. The dashboard makes none of them.

/** As whom and where to deploy. A null profile is AWS's usual chain. */
export interface Deployer {
  region: string;
  profile: string | null;
}

export interface DeployedStack {
  /** Also found after the stack was deleted, by its id. */
  id: string;
  /** CloudFormation's word, such as `CREATE_COMPLETE`. */
  status: string;
  statusReason: string | null;
  outputs: Record<string, string>;
}

export interface StackResource {
  /** Logical id. */
  id: string;
  type: string;
  /** Name or ARN; null before it has one. */
  name: string | null;
  status: string;
  statusReason: string | null;
}

/** The region that the profile's section of ~/.aws/config names; undefined where it names none. */
export async function maybeProfileRegion(profile: string | null): Promise<string | undefined> {
  try {
    return await new STSClient(profile ? { profile } : {}).config.region();
  } catch {
    return undefined;
  }
}

/** Whose credentials these are. */
export async function callerIdentity(deployer: Deployer): Promise<{ accountId: string; arn: string }> {
  const found = await explained(new STSClient(configOf(deployer)).send(new GetCallerIdentityCommand({})), deployer);
  return { accountId: found.Account ?? '', arn: found.Arn ?? '' };
}

/** A stack by name or id; undefined where there is none of that name. */
export async function maybeStack(deployer: Deployer, nameOrId: string): Promise<DeployedStack | undefined> {
  const asking = cloudFormation(deployer).send(new DescribeStacksCommand({ StackName: nameOrId }));
  const found = await asking.catch((error: Error) => {
    if (error.name === 'ValidationError' && /does not exist/.test(error.message)) return undefined;
    throw inWords(error, deployer);
  });
  const stack = found?.Stacks?.[0];
  return stack && toStack(stack);
}

/** The resources of a stack, up to 100: more than ours has. */
export async function stackResources(deployer: Deployer, nameOrId: string): Promise<StackResource[]> {
  const found = await explained(
    cloudFormation(deployer).send(new DescribeStackResourcesCommand({ StackName: nameOrId })),
    deployer,
  );
  return (found.StackResources ?? []).map((each) => ({
    id: each.LogicalResourceId ?? '',
    type: each.ResourceType ?? '',
    name: each.PhysicalResourceId ?? null,
    status: each.ResourceStatus ?? '',
    statusReason: each.ResourceStatusReason ?? null,
  }));
}

/** Begins to delete a stack. */
export async function deleteStack(deployer: Deployer, nameOrId: string): Promise<void> {
  await explained(cloudFormation(deployer).send(new DeleteStackCommand({ StackName: nameOrId })), deployer);
}

/** Whether the bucket is there. */
export async function isBucketThere(deployer: Deployer, bucket: string): Promise<boolean> {
  const config = configOf(deployer);
  const s3 = new S3Client({ ...config, forcePathStyle: config.endpoint !== undefined });
  const asking = s3.send(new HeadBucketCommand({ Bucket: bucket })).then(() => true);
  return asking.catch((error: Error) => {
    if (codeOf(error) === 'NotFound' || codeOf(error) === 'NoSuchBucket') return false;
    throw inWords(error, deployer);
  });
}

const cloudFormation = (deployer: Deployer) => new CloudFormationClient(configOf(deployer));

function configOf({ region, profile }: Deployer) {
  const endpoint = awsEnvironment().endpoint?.value ?? null;
  return {
    region,
    ...(endpoint ? { endpoint } : {}),
    credentials: credentialsOf({ endpoint, region, profile, accessKeyId: null, secretAccessKey: null, roleArn: null }),
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  };
}

function toStack(stack: Stack): DeployedStack {
  const outputs = (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]);
  return {
    id: stack.StackId ?? '',
    status: stack.StackStatus ?? '',
    statusReason: stack.StackStatusReason ?? null,
    outputs: Object.fromEntries(outputs),
  };
}

async function explained<T>(call: Promise<T>, deployer: Deployer): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw inWords(error, deployer);
  }
}

/** What was refused or missing, and what to do about it. */
function inWords(error: unknown, { region, profile }: Deployer): Error {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const signIn = `Sign in with "aws sso login${profile ? ` --profile ${profile}` : ''}" or "aws configure", or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`;
  if (code === 'CredentialsProviderError')
    return new BackendError(
      code,
      `No AWS credentials were found${profile ? ` in the profile "${profile}"` : ''} (${message}). ${signIn}`,
      { cause: error },
    );
  if (/^(Expired|InvalidClientToken|UnrecognizedClient|SignatureDoesNotMatch|InvalidAccessKey|InvalidToken)/.test(code))
    return new BackendError(code, `AWS does not accept the credentials (${message}). ${signIn}`, { cause: error });
  if (/AccessDenied|Unauthorized/.test(code))
    return new BackendError(
      code,
      `These credentials may not do that: ${message}. Deploying needs the rights of an administrator of the account, or those of the CDK's deployment roles.`,
      { cause: error },
    );
  if (/^(E[A-Z]+|TimeoutError)$/.test(code))
    return new BackendError(
      code,
      `AWS does not answer in the region ${region} (${code}). Check the network and the region's name.`,
      { cause: error },
    );
  return error instanceof Error ? error : new Error(message);
}
