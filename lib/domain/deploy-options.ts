import * as z from 'zod';

/** The memory sizes that get an inference function of their own, MB: Lambda bills what is configured, so a run chooses. */
const MEMORIES_MB = [512, 1024, 2048, 3008, 4096, 10_240];
const DEFAULT_MEMORY_MB = 2048;

/** What CloudWatch Logs accepts as retention, days. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Every run of the dashboard writes under the first; what lies under the second is temporary. */
export const RESULTS_PREFIX = 'results';
export const TEMPORARY_PREFIX = 'tmp';

const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be a bucket name: 3 to 63 of a-z, 0-9, dots and hyphens');

const wholeNumber = (least: number, most: number) =>
  z
    .number(`must be a whole number from ${least} to ${most}`)
    .int(`must be a whole number from ${least} to ${most}`)
    .min(least, `must be a whole number from ${least} to ${most}`)
    .max(most, `must be a whole number from ${least} to ${most}`);

/** What can be chosen about a deployment on AWS. With nothing chosen it is a deployment that works. */
export const deployOptions = z
  .object({
    /** Name of the CloudFormation stack; functions and state machine begin with it. */
    stack: z
      .string()
      .regex(/^[a-zA-Z][a-zA-Z0-9-]{0,39}$/, 'must begin with a letter and have up to 40 letters, digits and hyphens')
      .default('starmap'),
    architecture: z.enum(['arm64', 'x86_64'], 'must be arm64 or x86_64').default('arm64'),
    memoriesMb: z
      .array(wholeNumber(128, 10_240))
      .min(1, 'must name a memory size')
      .max(20, 'must name 20 memory sizes at most')
      .transform((sizes) => [...new Set(sizes)].sort((a, b) => a - b))
      .default(MEMORIES_MB),
    /** An existing bucket to use instead of a new one, such as the one that an earlier deployment left behind. */
    bucket: bucketName.nullable().default(null),
    /** Buckets of data that the functions and the dashboard may read besides their own. */
    dataBuckets: z.array(bucketName).default([]),
    /** More prefixes that runs may write their results under, besides `results/` and `tmp/`. */
    resultPrefixes: z
      .array(z.string().regex(/^[^/*?$][^*?$]*[^/*?$]$/, 'must be a prefix without a slash at either end, * ? or $'))
      .default([]),
    logRetentionDays: z
      .number()
      .refine((days) => RETENTION_DAYS.includes(days), `must be one of ${RETENTION_DAYS.join(', ')} days`)
      .default(30),
    /** After how long results under `tmp/` are deleted. */
    temporaryDays: wholeNumber(1, 3650).default(14),
    /** Who is told of failed executions, throttles and spend; null: the alarms only show in the console. */
    alarmEmail: z.email('must be an e-mail address').nullable().default(null),
    /** Spend per month in the services that Starmap uses, above which the budget alarms. */
    budgetUsd: z.number('must be an amount in US dollars').positive('must be above 0').default(50),
  })
  .transform((options) => ({
    ...options,
    resultPrefixes: [...new Set([RESULTS_PREFIX, TEMPORARY_PREFIX, ...options.resultPrefixes])],
    /** The size of a run that does not choose one: 2,048 MB where there is one, else the middle. */
    defaultMemoryMb: options.memoriesMb.includes(DEFAULT_MEMORY_MB)
      ? DEFAULT_MEMORY_MB
      : (options.memoriesMb[Math.floor((options.memoriesMb.length - 1) / 2)] as number),
  }));
export type DeployOptions = z.output<typeof deployOptions>;
export type DeployOptionsInput = z.input<typeof deployOptions>;
