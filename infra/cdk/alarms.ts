import { Duration, type Stack } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { Alarm, type IMetric, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { DeployOptions } from '../../lib/domain/deploy-options.ts';
import type { Functions } from './functions.ts';

const PERIOD = Duration.minutes(5);
/** CloudWatch's most in one expression. */
const METRICS_PER_ALARM = 10;
/** Where a run costs money, as AWS Budgets names the services. */
const SERVICES = [
  'AWS Lambda',
  'AWS Step Functions',
  'Amazon Simple Storage Service',
  'AmazonCloudWatch',
  'AWS X-Ray',
  'Amazon EC2 Container Registry (ECR)',
];

/** Failed executions, refused invocations, and a month's spend. Without an e-mail address they show in the console only. */
export function makeAlarms(stack: Stack, options: DeployOptions, functions: Functions, machine: StateMachine): void {
  const topic = options.alarmEmail === null ? undefined : new Topic(stack, 'Alarms', { enforceSSL: true });
  if (options.alarmEmail !== null) topic?.addSubscription(new EmailSubscription(options.alarmEmail));

  const alarm = (id: string, alarmDescription: string, metrics: IMetric[]) => {
    const usingMetrics = Object.fromEntries(metrics.map((metric, i) => [`m${i}`, metric]));
    const made = new Alarm(stack, id, {
      alarmDescription,
      metric: new MathExpression({
        expression: Object.keys(usingMetrics)
          .map((name) => `FILL(${name}, 0)`)
          .join(' + '),
        usingMetrics,
        period: PERIOD,
      }),
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (topic) made.addAlarmAction(new SnsAction(topic));
  };
  alarm('ExecutionsFailed', 'A run has failed or timed out: see the runs of the dashboard.', [
    machine.metricFailed({ period: PERIOD }),
    machine.metricTimedOut({ period: PERIOD }),
  ]);
  const throttles = [functions.initialize, functions.summarize, ...functions.inference.map(({ fn }) => fn)].map((fn) =>
    fn.metricThrottles({ period: PERIOD }),
  );
  for (let from = 0; from < throttles.length; from += METRICS_PER_ALARM)
    alarm(
      `Throttles${from === 0 ? '' : from / METRICS_PER_ALARM + 1}`,
      'Lambda has refused invocations (they are retried): raise the quota of concurrent executions, or limit the concurrency of runs.',
      throttles.slice(from, from + METRICS_PER_ALARM),
    );

  new CfnBudget(stack, 'Budget', {
    budget: {
      budgetName: `${options.stack} ${stack.region}`,
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      budgetLimit: { amount: options.budgetUsd, unit: 'USD' },
      costFilters: { Service: SERVICES },
    },
    notificationsWithSubscribers:
      options.alarmEmail === null
        ? undefined
        : [notify('ACTUAL', 80, options.alarmEmail), notify('FORECASTED', 100, options.alarmEmail)],
  });
}

const notify = (notificationType: 'ACTUAL' | 'FORECASTED', percent: number, address: string) => ({
  notification: {
    notificationType,
    comparisonOperator: 'GREATER_THAN',
    threshold: percent,
    thresholdType: 'PERCENTAGE',
  },
  subscribers: [{ subscriptionType: 'EMAIL', address }],
});
