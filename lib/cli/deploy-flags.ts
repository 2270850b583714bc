import { type Command, Option } from 'commander';
import * as z from 'zod';
import { type DeployOptions, deployOptions } from '../domain/deploy-options.ts';
import { UserError } from './user-error.ts';

/** What `npm run synth` and `npm run deploy` take from the command line. */
export interface DeployFlags {
  stack?: string;
  arch?: string;
  memory?: string;
  bucket?: string;
  dataBucket: string[];
  resultPrefix: string[];
  logDays?: string;
  temporaryDays?: string;
  alarmEmail?: string;
  budget?: string;
}

const each = (value: string, before: string[]) => [...before, value];

/** Adds the flags that say what is deployed. */
export function withDeployFlags(command: Command): Command {
  return command
    .option('--stack <name>', 'name of the CloudFormation stack (default: starmap)')
    .addOption(new Option('--arch <name>', 'arm64 or x86_64 (default: arm64)'))
    .option(
      '--memory <list>',
      'memory sizes that get an inference function, MB (default: 512,1024,2048,3008,4096,10240)',
    )
    .option('--bucket <name>', 'use this existing bucket instead of making one')
    .option('--data-bucket <name>', 'a bucket with data to read; repeat for more', each, [])
    .option('--result-prefix <prefix>', 'where runs may write besides results/ and tmp/; repeat for more', each, [])
    .option('--log-days <number>', 'how long logs are kept (default: 30)')
    .option('--temporary-days <number>', 'how long results under tmp/ are kept (default: 14)')
    .option('--alarm-email <address>', 'who is told of failed runs, throttles and spend')
    .option('--budget <usd>', 'spend per month above which the budget alarms (default: 50)');
}

const flagOf: Record<string, string> = {
  stack: '--stack',
  architecture: '--arch',
  memoriesMb: '--memory',
  bucket: '--bucket',
  dataBuckets: '--data-bucket',
  resultPrefixes: '--result-prefix',
  logRetentionDays: '--log-days',
  temporaryDays: '--temporary-days',
  alarmEmail: '--alarm-email',
  budgetUsd: '--budget',
};

/** The options of the deployment, or a UserError that names each wrong flag. */
export function parseDeployFlags(flags: DeployFlags): { options: DeployOptions; given: unknown } {
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const given = {
    stack: flags.stack,
    architecture: flags.arch,
    memoriesMb: flags.memory?.split(',').map(Number),
    bucket: flags.bucket,
    dataBuckets: flags.dataBucket,
    resultPrefixes: flags.resultPrefix,
    logRetentionDays: number(flags.logDays),
    temporaryDays: number(flags.temporaryDays),
    alarmEmail: flags.alarmEmail,
    budgetUsd: number(flags.budget),
  };
  const parsed = deployOptions.safeParse(given);
  if (parsed.success) return { options: parsed.data, given };
  throw new UserError(
    parsed.error.issues
      .map(({ path, message }) => `${flagOf[String(path[0])] ?? path.join('.')} ${message}`)
      .join('\n'),
  );
}

/** A stack name given to `npm run destroy`. */
export function parseStackName(name: string | undefined): string {
  const parsed = z.object({ stack: deployOptions.in.shape.stack }).safeParse({ stack: name });
  if (parsed.success) return parsed.data.stack;
  throw new UserError(`--stack ${parsed.error.issues[0]?.message}`);
}
