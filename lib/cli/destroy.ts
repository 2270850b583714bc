import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { maybeSavedAws } from '../connection.ts';
import { env } from '../env.ts';
import {
  type DeployedStack,
  deleteStack,
  type IdentifiedDeployer,
  identifyDeployer,
  isBucketThere,
  maybeStack,
  type StackResource,
  stackResources,
} from '../server/deployer.ts';
import { confirm } from './confirm.ts';
import { parseStackName } from './deploy-flags.ts';
import { UserError } from './user-error.ts';

interface Flags {
  stack?: string;
  region?: string;
  profile?: string;
  yes?: boolean;
  json?: boolean;
}

const POLL_MS = 3_000;
const say = (line: string) => console.error(line);

/** `npm run destroy`: deletes the stack. The bucket and what is in it stay; it says so and how to delete them by hand. */
export async function destroy(flags: Flags): Promise<void> {
  const name = parseStackName(flags.stack);
  const deployer = await identifyDeployer(flags);
  const { accountId, region } = deployer;
  const stack = await maybeStack(deployer, name);
  if (!stack)
    throw new UserError(
      `There is no stack ${name} in ${region} of account ${accountId}. Is it another --region, --profile or --stack?`,
    );
  const resources = await stackResources(deployer, stack.id);
  const bucket = stack.outputs.Bucket ?? resources.find(({ type }) => type === 'AWS::S3::Bucket')?.name ?? null;
  say(`Account ${accountId}, region ${region}: destroying ${name}`);
  say(`  goes: ${goes(resources)}`);
  say(`  stays: ${bucket ? `the bucket ${bucket} with all datasets, models and results` : 'no bucket was made'}`);
  say('  stays: what the CDK keeps for all its stacks (CDKToolkit), with the container image');
  if (!flags.yes && !(await confirm(`Destroy ${name}?`))) throw new UserError('Nothing was changed.');

  await deleteStack(deployer, stack.id);
  await untilDeleted(deployer, stack, resources.length);
  forget(name, region);
  const kept = bucket !== null && (await isBucketThere(deployer, bucket)) ? bucket : null;
  if (flags.json) console.log(JSON.stringify({ destroyed: true, stack: name, accountId, region, keptBucket: kept }));
  else console.log(afterwards(name, bucket, kept, deployer));
}

/** `8 Lambda Function, 9 Logs LogGroup, …` */
function goes(resources: StackResource[]): string {
  const counts = new Map<string, number>();
  for (const { type } of resources)
    if (type !== 'AWS::S3::Bucket' && type !== '') counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, count]) => `${count} ${type.replace(/^AWS::/, '').replace('::', ' ')}`).join(', ');
}

/** Follows the deletion by the stack's id, under which it is known after its end too. */
async function untilDeleted(deployer: IdentifiedDeployer, stack: DeployedStack, total: number): Promise<void> {
  for (let told = -1; ; await delay(POLL_MS)) {
    const now = await maybeStack(deployer, stack.id);
    if (!now || now.status === 'DELETE_COMPLETE') return;
    const resources = await stackResources(deployer, stack.id);
    const done = resources.filter(({ status }) => /^DELETE_(COMPLETE|SKIPPED)$/.test(status)).length;
    if (done !== told) say(`  [${done}/${total}] gone`);
    told = done;
    if (now.status === 'DELETE_IN_PROGRESS' || now.status === stack.status) continue;
    const failed = resources.filter(({ status }) => status === 'DELETE_FAILED');
    const reasons = failed.map(({ id, type, statusReason }) => `  ${type} ${id}: ${statusReason ?? 'no reason given'}`);
    throw new UserError(
      `The stack could not be deleted whole (${now.status}). What remains:\n${reasons.join('\n')}\nRemove the cause, then run npm run destroy again.`,
    );
  }
}

/** The saved connection leads nowhere now. */
function forget(stackName: string, region: string): void {
  const saved = maybeSavedAws();
  if (saved?.stackName === stackName && saved.region === region)
    rmSync(path.join(env().home, 'aws.json'), { force: true });
}

function afterwards(name: string, bucket: string | null, kept: string | null, { region }: IdentifiedDeployer): string {
  if (!kept) return `${name} is destroyed.${bucket ? ` There is no bucket ${bucket} any more.` : ''}`;
  return [
    `${name} is destroyed. The bucket ${kept} and the data in it are kept, and cost storage.`,
    `Use it again: npm run deploy -- --bucket ${kept}`,
    'Delete it for good (this cannot be undone):',
    `  aws s3 rm s3://${kept} --recursive --region ${region}`,
    `  aws s3 rb s3://${kept} --region ${region}`,
  ].join('\n');
}
