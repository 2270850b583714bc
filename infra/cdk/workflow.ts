import { readFileSync } from 'node:fs';
import { ArnFormat, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { DeployOptions } from '../../lib/domain/deploy-options.ts';
import type { Functions } from './functions.ts';
import { acknowledgeWildcard, grant } from './grant.ts';
import type { Permissions } from './permissions.ts';

/** The one definition: the local runtime runs the same file. */
export const DEFINITION_FILE = new URL('../state-machine.asl.json', import.meta.url);

/** The state machine, from the file as it is; Step Functions puts the functions' ARNs in the places of its `${…}`. */
export function makeWorkflow(
  stack: Stack,
  options: DeployOptions,
  permissions: Permissions,
  functions: Functions,
): StateMachine {
  const { initialize, summarize, inference } = functions;
  const all = [initialize, summarize, ...inference.map(({ fn }) => fn)];
  const role = new Role(stack, 'StateMachineRole', {
    assumedBy: new ServicePrincipal('states.amazonaws.com', {
      // Only state machines of this account: Step Functions serves others with the same principal.
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        ArnLike: {
          'aws:SourceArn': stack.formatArn({
            service: 'states',
            resource: 'stateMachine',
            resourceName: '*',
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        },
      },
    }),
  });
  grant(role, [
    { actions: ['lambda:InvokeFunction'], resources: all.map((fn) => fn.functionArn) },
    ...permissions.stateMachine,
  ]);
  acknowledgeWildcard(role, '*', 'AWS grants log delivery and X-Ray on all resources only.');
  return new StateMachine(stack, 'StateMachine', {
    stateMachineName: options.stack,
    definitionBody: DefinitionBody.fromString(readFileSync(DEFINITION_FILE, 'utf8')),
    definitionSubstitutions: {
      InitializeFunctionArn: initialize.functionArn,
      SummarizeFunctionArn: summarize.functionArn,
    },
    role,
    logs: {
      level: LogLevel.ALL,
      // Inputs and outputs are kept in S3 and in the executions' history; in the log they would only cost.
      includeExecutionData: false,
      destination: new LogGroup(stack, 'StateMachineLogs', {
        // Under this prefix, groups do not count against the size of the account's log resource policy.
        logGroupName: `/aws/vendedlogs/states/${options.stack}`,
        retention: options.logRetentionDays as RetentionDays,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    },
    tracingEnabled: true,
  });
}
