import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import { maybeSavedAws, saveAws } from '../connection.ts';
import { StackOutputs } from '../domain/deployment.ts';
import { type IdentifiedDeployer, identifyDeployer, isBootstrapped, maybeStack } from '../server/deployer.ts';
import { type Assembly, cdk, synthesize } from './cdk.ts';
import { confirm } from './confirm.ts';
import { findBuilder } from './container-builder.ts';
import { type DeployFlags, parseDeployFlags } from './deploy-flags.ts';
import { planLines, toPlan } from './deploy-plan.ts';
import { UserError } from './user-error.ts';

interface Flags extends DeployFlags {
  region?: string;
  profile?: string;
  builder?: string;
  yes?: boolean;
  json?: boolean;
}

/** What is told on the way goes to stderr: stdout is for the result. */
const say = (line: string) => console.error(line);

/**
 * `npm run deploy`: checks what is needed, shows what will be there and what it costs idle, asks, deploys, and saves how
 * to reach it. Done again, it brings the deployment up to date.
 */
export async function deploy(flags: Flags): Promise<void> {
  const { options, given } = parseDeployFlags(flags);
  const { deployer, builder } = await check(flags);
  const { accountId, region } = deployer;
  say(`Account ${accountId}, region ${region}, as ${deployer.arn.split(':').at(-1)}`);
  const [bootstrapped, before] = await Promise.all([isBootstrapped(deployer), maybeStack(deployer, options.stack)]);
  refuseStuck(options.stack, before?.status);
  const assembly = await synthesize(options.stack, given, deployer, (step) => say(`· ${step}`));

  for (const line of planLines(toPlan(assembly.template))) say(line);
  if (before) {
    say(`The stack ${options.stack} is there already (${before.status}). What changes:`);
    await cdk(['diff', options.stack, '--app', assembly.folder, '--method', 'template'], deployer, (line) =>
      say(`  ${line}`),
    );
  }
  if (!bootstrapped)
    say(
      'The CDK was not used in this region before: a stack CDKToolkit (bucket, image repository, roles) is made first.',
    );
  if (!flags.yes && !(await confirm(`${before ? 'Update' : 'Deploy'} ${options.stack}?`)))
    throw new UserError('Nothing was changed.');

  if (!bootstrapped) {
    say('· prepare the region for the CDK');
    await cdk(['bootstrap', `aws://${accountId}/${region}`], deployer, (line) => say(`  ${line}`));
  }
  say(`· ${before ? 'update' : 'deploy'} ${options.stack}`);
  const outputs = await deployAssembly(options.stack, assembly, deployer, builder);
  const { Bucket: bucket } = checkOutputs(options.stack, outputs);
  const saved = maybeSavedAws();
  const sameStack = saved?.stackName === options.stack && saved.region === region;
  saveAws({
    region,
    profile: deployer.profile,
    roleArn: sameStack ? saved.roleArn : null,
    stackName: options.stack,
    outputs,
    savedAt: new Date().toISOString(),
  });
  if (flags.json) console.log(JSON.stringify({ deployed: true, stack: options.stack, accountId, region, outputs }));
  else console.log(nextSteps(options.stack, bucket));
}

/** Everything that is missing, at once. */
async function check(flags: Flags): Promise<{ deployer: IdentifiedDeployer; builder: string }> {
  const [found, identified] = await Promise.all([
    findBuilder(flags.builder),
    identifyDeployer(flags).catch((error: Error) => error),
  ]);
  const unexpected = identified instanceof Error && identified.name !== 'BackendError';
  if (unexpected) throw identified;
  if (!(identified instanceof Error) && 'builder' in found) return { deployer: identified, builder: found.builder };
  const problems = [
    ...(identified instanceof Error ? [identified.message] : []),
    ...('problem' in found ? [found.problem] : []),
  ];
  throw new UserError(`Not ready to deploy:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
}

function refuseStuck(stack: string, status: string | undefined): void {
  if (status?.endsWith('_IN_PROGRESS') && status !== 'REVIEW_IN_PROGRESS')
    throw new UserError(`The stack ${stack} is being changed right now (${status}). Wait for its end, then try again.`);
}

async function deployAssembly(
  stack: string,
  assembly: Assembly,
  deployer: IdentifiedDeployer,
  builder: string,
): Promise<Record<string, string>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'starmap-deploy-'));
  try {
    const file = path.join(folder, 'outputs.json');
    await cdk(
      [
        'deploy',
        stack,
        '--app',
        assembly.folder,
        '--require-approval',
        'never',
        // What changes was shown already; without a change set there is none left over where somebody stops halfway.
        '--method',
        'direct',
        '--progress',
        'events',
        '--outputs-file',
        file,
      ],
      { ...deployer, builder },
      (line) => say(`  ${line}`),
    );
    const read = z.record(z.string(), z.record(z.string(), z.string())).parse(JSON.parse(readFileSync(file, 'utf8')));
    return read[stack] ?? {};
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkOutputs(stack: string, outputs: Record<string, string>): StackOutputs {
  const parsed = StackOutputs.safeParse(outputs);
  if (parsed.success) return parsed.data;
  const wrong = [...new Set(parsed.error.issues.map(({ path: [key] }) => String(key)))].join(', ');
  throw new UserError(
    `${stack} is deployed, but its outputs are not those of this version of Starmap (${wrong}), so the connection was not saved. Is another stack named ${stack}? Choose a name with --stack.`,
  );
}

function nextSteps(stack: string, bucket: string): string {
  return [
    `${stack} is deployed, and how to reach it is saved.`,
    'Next: choose AWS on the Settings page of the dashboard, or start it with STARMAP_BACKEND=aws npm start, then',
    `  STARMAP_BACKEND=aws npm run starmap -- model install lambdas/models/photoz --out s3://${bucket}/models/photoz`,
    `  STARMAP_BACKEND=aws npm run starmap -- dataset --size 200MB --partition 25MB --out s3://${bucket}/datasets/sdss-25MB`,
    'npm run destroy takes it away again and keeps the data.',
  ].join('\n');
}
