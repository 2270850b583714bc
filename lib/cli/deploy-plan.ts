import prices from '../domain/price-book.json' with { type: 'json' };

/** The parts of a CloudFormation template that a plan tells of. */
export interface Template {
  Resources: Record<string, { Type: string; Properties?: Record<string, unknown> }>;
}

export interface DeployPlan {
  /** What will be there, by kind. */
  resources: { label: string; count: number; detail: string }[];
  /** What costs money while nothing runs. */
  idle: { label: string; text: string }[];
}

/** Upper bound of the inference image, GB: a test of the image holds it to that. */
const IMAGE_GB = 0.35;

const labels: [type: RegExp, label: string, names: (properties: Record<string, unknown>) => unknown][] = [
  [/^AWS::S3::Bucket$/, 'S3 bucket', () => 'encrypted, private, kept when the stack is destroyed'],
  [/^AWS::Lambda::Function$/, 'Lambda functions', ({ FunctionName }) => FunctionName],
  [/^AWS::StepFunctions::StateMachine$/, 'state machine', ({ StateMachineName }) => StateMachineName],
  [/^AWS::IAM::ManagedPolicy$/, 'policies for people', () => 'dashboard, read-only'],
  [/^AWS::IAM::Role$/, 'IAM roles', () => 'one per function, one for the state machine'],
  [/^AWS::Logs::LogGroup$/, 'log groups', ({ RetentionInDays }) => `kept ${RetentionInDays} days`],
  [/^AWS::CloudWatch::Alarm$/, 'alarms', () => 'failed runs, throttles'],
  [/^AWS::SNS::/, 'alarm e-mail', ({ Endpoint }) => Endpoint],
  [/^AWS::Budgets::Budget$/, 'budget', ({ Budget }) => `${limitOf(Budget)} USD a month`],
];

/** What a template makes and what that costs idle, for somebody who is asked to agree. */
export function toPlan({ Resources }: Template): DeployPlan {
  const all = Object.values(Resources);
  const resources = labels.flatMap(([type, label, detailOf]) => {
    const of = all.filter(({ Type }) => type.test(Type));
    const details = new Set(of.flatMap(({ Properties }) => (detailOf(Properties ?? {}) as string | undefined) ?? []));
    return of.length > 0 ? [{ label, count: of.length, detail: [...details].join(', ') }] : [];
  });
  const rest = all.filter(({ Type }) => !labels.some(([type]) => type.test(Type))).length;
  if (rest > 0) resources.push({ label: 'other', count: rest, detail: 'policies of the roles and of the bucket' });

  const metrics = all
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .flatMap(({ Properties }) => (Properties?.Metrics as { MetricStat?: unknown }[]) ?? [])
    .filter(({ MetricStat }) => MetricStat !== undefined).length;
  const { freeMetrics, metricMonth } = prices.alarms;
  return {
    resources,
    idle: [
      { label: 'functions, state machine, empty log groups, budget', text: '0 USD' },
      { label: 'storage in S3', text: `${prices.s3.gbMonth} USD per GB and month of what you keep` },
      {
        label: 'container image',
        text: `about ${usd(Math.ceil(IMAGE_GB * prices.ecr.gbMonth * 100) / 100)} USD a month`,
      },
      {
        label: `alarms on ${metrics} metrics`,
        text: `0 USD within the ${freeMetrics} that each account has free, else ${usd(metrics * metricMonth)} USD a month`,
      },
    ],
  };
}

/** The plan as lines for a terminal. */
export function planLines({ resources, idle }: DeployPlan): string[] {
  return [
    'What there will be:',
    ...resources.map(({ label, count, detail }) => `  ${String(count).padStart(3)} ${label}${detail && `: ${detail}`}`),
    `What it costs while nothing runs (prices of ${prices.region}, ${prices.date}):`,
    ...idle.map(({ label, text }) => `  ${label}: ${text}`),
  ];
}

const usd = (amount: number) => amount.toFixed(2);
const limitOf = (budget: unknown) => (budget as { BudgetLimit?: { Amount?: number } } | undefined)?.BudgetLimit?.Amount;
