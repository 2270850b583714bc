import { CfnOutput, type Environment, Stack } from 'aws-cdk-lib';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { DeployOptions } from '../../lib/domain/deploy-options.ts';
import type { StackOutputs } from '../../lib/domain/deployment.ts';
import { makeAlarms } from './alarms.ts';
import { makeBucket } from './bucket.ts';
import { makeFunctions } from './functions.ts';
import { grant } from './grant.ts';
import { functionName, functionParts, logGroupName } from './names.ts';
import { permissionsOf } from './permissions.ts';
import { makeWorkflow } from './workflow.ts';

/**
 * All that Starmap needs on AWS, as one stack.
 * @param place where `lambdas/build.mjs` has put the functions, and account and region where they are known.
 */
export function makeStack(
  scope: Construct,
  options: DeployOptions,
  place: { bundles: string; env?: Environment },
): Stack {
  const stack = new Stack(scope, options.stack, {
    stackName: options.stack,
    description: 'Starmap: data-parallel model inference on Step Functions and Lambda',
    ...(place.env && { env: place.env }),
    tags: { application: 'starmap' },
  });
  const bucket = makeBucket(stack, options);
  const permissions = permissionsOf(stack, options, bucket);
  const functions = makeFunctions(stack, options, permissions, place.bundles);
  const machine = makeWorkflow(stack, options, permissions, functions);
  makeAlarms(stack, options, functions, machine);
  const dashboard = new ManagedPolicy(stack, 'DashboardPolicy', {
    description: 'All that the Starmap dashboard does: launch, follow and stop runs, make datasets, install models',
  });
  const readOnly = new ManagedPolicy(stack, 'ReadOnlyPolicy', {
    description: 'The Starmap dashboard for looking only',
  });
  grant(dashboard, permissions.dashboard);
  grant(readOnly, permissions.readOnly);
  const outputs: Record<keyof StackOutputs, string> = {
    Bucket: bucket.bucketName,
    StateMachineArn: machine.stateMachineArn,
    InitializeFunctionArn: functions.initialize.functionArn,
    SummarizeFunctionArn: functions.summarize.functionArn,
    InferenceFunctionArns: stack.toJsonString(
      Object.fromEntries(functions.inference.map(({ memoryMb, fn }) => [memoryMb, fn.functionArn])),
    ),
    LogGroups: JSON.stringify(
      Object.fromEntries(functionParts(options).map((part) => [part, logGroupName(functionName(options, part))])),
    ),
    DefaultMemoryMb: String(options.defaultMemoryMb),
    DashboardPolicyArn: dashboard.managedPolicyArn,
    ReadOnlyPolicyArn: readOnly.managedPolicyArn,
  };
  for (const [key, value] of Object.entries(outputs))
    new CfnOutput(stack, `${key}Output`, { value }).overrideLogicalId(key);
  return stack;
}
