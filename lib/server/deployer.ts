import { callerIdentity, type Deployer, maybeProfileRegion, maybeStack } from '../aws/deployment.ts';
import { awsEnvironment, BackendError } from '../env.ts';

export {
  type DeployedStack,
  type Deployer,
  deleteStack,
  isBucketThere,
  maybeStack,
  type StackResource,
  stackResources,
} from '../aws/deployment.ts';

/** Who deploys, and where to. */
export interface IdentifiedDeployer extends Deployer {
  accountId: string;
  /** Of the user or role whose credentials these are. */
  arn: string;
}

/** The stack that the CDK keeps its own bucket, image repository and roles in. */
const TOOLKIT_STACK = 'CDKToolkit';

/**
 * Finds region and credentials and asks AWS whose they are.
 * @throws BackendError that says what is missing and what to do.
 */
export async function identifyDeployer(chosen: { region?: string; profile?: string }): Promise<IdentifiedDeployer> {
  const fixed = awsEnvironment();
  const profile = chosen.profile ?? fixed.profile?.value ?? null;
  const region = chosen.region ?? fixed.region?.value ?? (await maybeProfileRegion(profile));
  if (!region)
    throw new BackendError(
      'NoRegion',
      'No region is chosen. Give one, for example --region eu-west-1, or set AWS_REGION, or put it into the profile with "aws configure".',
    );
  return { region, profile, ...(await callerIdentity({ region, profile })) };
}

/** Whether the account is prepared for the CDK in this region. */
export async function isBootstrapped(deployer: Deployer): Promise<boolean> {
  const toolkit = await maybeStack(deployer, TOOLKIT_STACK);
  if (!toolkit || /^(DELETE_COMPLETE|REVIEW_IN_PROGRESS)$/.test(toolkit.status)) return false;
  if (/(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT)_COMPLETE$/.test(toolkit.status)) return true;
  throw new BackendError(
    'BadToolkit',
    `The stack ${TOOLKIT_STACK} in ${deployer.region} is in the state ${toolkit.status}. Repair or delete it in the CloudFormation console, then try again.`,
  );
}
