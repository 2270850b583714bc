import type { RunDetail } from './run.ts';

type Launched = Pick<RunDetail, 'resultBucket' | 'executionArn'>;
type Services = { bucket: string; stateMachineArn: string };

/** Account of the local runtime: no account of AWS has this number. */
const LOCAL_ACCOUNT = '000000000000';

/**
 * Whether a run belongs to these services: its results lie in their bucket and its execution, if it was started, in
 * their account and region. Anywhere else an execution of that ARN is unknown, which says nothing about the run.
 */
export function livesOn(run: Launched, { bucket, stateMachineArn }: Services): boolean {
  return (
    run.resultBucket === bucket && (run.executionArn === null || placeOf(run.executionArn) === placeOf(stateMachineArn))
  );
}

/** Where a run that lives elsewhere does live, for people. */
export function homeOf({ resultBucket, executionArn }: Launched): string {
  const [, , , region, account] = executionArn?.split(':') ?? [];
  if (account === LOCAL_ACCOUNT) return 'the local runtime';
  return account ? `AWS ${region}, account ${account}` : `the services with the bucket ${resultBucket}`;
}

/** Whether it ran on the local runtime, where nothing is billed. */
export function ranLocally({ executionArn }: Pick<RunDetail, 'executionArn'>): boolean {
  return executionArn?.split(':')[4] === LOCAL_ACCOUNT;
}

/** Partition, region and account of an ARN. */
const placeOf = (arn: string) => {
  const [, partition, , region, account] = arn.split(':');
  return `${partition}:${region}:${account}`;
};
