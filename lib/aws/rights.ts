import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetAccountSettingsCommand, GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  RedriveExecutionCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { type Connection, connection } from '../connection.ts';
import { DATASETS_PREFIX } from '../domain/keys.ts';
import { type Right, type RightResult, remedyOf } from '../domain/right.ts';
import { clients } from './clients.ts';
import { codeOf, isAboutCredentials, isRefused, statusOf } from './plain-words.ts';

interface Check extends Right {
  /** @returns what was found, where that is worth telling. */
  call(): Promise<unknown>;
  /** Errors that come only after the right was checked, because what was asked for does not exist. */
  granted?: string[];
}

/** Hidden, so part of no dataset. */
const MARKER = `${DATASETS_PREFIX}.connection-test`;
/** Of an execution and a map run that never were. */
const NOBODY = '00000000-0000-4000-8000-000000000000';
/** Label of the map in infra/state-machine.asl.json, part of the ARNs of its runs. */
const MAP_LABEL = 'Infer';
const ANSWER_WITHIN_MS = 10_000;

/** What the dashboard must be allowed to do on the current connection, in the order of testing. */
export function rightsOf(): Right[] {
  return checks(connection()).map(({ id, what, action, resource }) => ({ id, what, action, resource }));
}

/**
 * Tests one right by a harmless call: on things that do not exist where the call would change something, and on a
 * hidden object that is deleted again. Starts nothing.
 */
export async function testRight(id: string): Promise<RightResult> {
  const check = checks(connection()).find((each) => each.id === id);
  if (!check) return { verdict: 'untested', detail: `There is no right "${id}".`, remedy: null };
  try {
    const found = await check.call();
    return { verdict: 'granted', detail: typeof found === 'string' ? found : null, remedy: null };
  } catch (error) {
    if (error instanceof OtherAccount) return { verdict: 'missing', detail: error.message, remedy: error.remedy };
    return toResult(error, check);
  }
}

function toResult(error: unknown, check: Check): RightResult {
  const code = codeOf(error);
  if (check.granted?.includes(code)) return { verdict: 'granted', detail: null, remedy: null };
  const message = error instanceof Error ? error.message : String(error);
  const remedy = remedyOf({ code, message }, check, connection());
  // What a credential process printed is nobody else's business.
  if (isAboutCredentials(error)) return { verdict: 'missing', detail: code, remedy: remedy ?? null };
  if (remedy || isRefused(error))
    return { verdict: 'missing', detail: `${code}: ${message.slice(0, 500)}`, remedy: remedy ?? null };
  const status = statusOf(error);
  return {
    verdict: 'untested',
    detail: `The answer says nothing about the right: ${status ? `status ${status}` : code}.`,
    remedy: null,
  };
}

function checks(to: Connection): Check[] {
  const { bucket, stateMachineArn } = to;
  const part = (kind: string, name: string) => `${stateMachineArn.replace(':stateMachine:', `:${kind}:`)}${name}`;
  const [, partition, , region, account] = stateMachineArn.split(':');
  const nobody = part('execution', `:${NOBODY}`);
  const noMapRun = part('mapRun', `/${MAP_LABEL}:${NOBODY}`);
  const executions = part('execution', ':*');
  const mapRuns = part('mapRun', `/${MAP_LABEL}:*`);
  const bucketArn = `arn:${partition}:s3:::${bucket}`;
  const { s3, sfn } = clients();
  const within = () => ({ abortSignal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  const noExecution = ['ExecutionDoesNotExist'];
  const marker = { Bucket: bucket, Key: MARKER };
  return [
    {
      id: 'identity',
      what: 'Credentials are there and accepted',
      action: null,
      resource: 'sts:GetCallerIdentity',
      call: () => identity(to, within()),
    },
    {
      id: 'workflow',
      what: 'Read the deployed workflow',
      action: 'states:DescribeStateMachine',
      resource: stateMachineArn,
      call: () => sfn.send(new DescribeStateMachineCommand({ stateMachineArn }), within()),
    },
    {
      id: 'start',
      what: 'Start a run',
      action: 'states:StartExecution',
      resource: stateMachineArn,
      // Input that is no JSON: nothing can start.
      call: () => sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{' }), within()),
      granted: ['InvalidExecutionInput'],
    },
    {
      id: 'execution',
      what: 'See how a run stands',
      action: 'states:DescribeExecution',
      resource: executions,
      call: () => sfn.send(new DescribeExecutionCommand({ executionArn: nobody }), within()),
      granted: noExecution,
    },
    {
      id: 'history',
      what: 'Follow a run',
      action: 'states:GetExecutionHistory',
      resource: executions,
      call: () => sfn.send(new GetExecutionHistoryCommand({ executionArn: nobody }), within()),
      granted: noExecution,
    },
    {
      id: 'map-run',
      what: 'Count the items of a run',
      action: 'states:DescribeMapRun',
      resource: mapRuns,
      call: () => sfn.send(new DescribeMapRunCommand({ mapRunArn: noMapRun }), within()),
      granted: ['ResourceNotFound'],
    },
    {
      id: 'children',
      what: 'List the items of a run',
      action: 'states:ListExecutions',
      resource: mapRuns,
      call: () => sfn.send(new ListExecutionsCommand({ mapRunArn: noMapRun, maxResults: 1 }), within()),
      granted: ['ResourceNotFound'],
    },
    {
      id: 'stop',
      what: 'Stop a run',
      action: 'states:StopExecution',
      resource: executions,
      call: () => sfn.send(new StopExecutionCommand({ executionArn: nobody }), within()),
      granted: noExecution,
    },
    {
      id: 'redrive',
      what: 'Finish a run that failed',
      action: 'states:RedriveExecution',
      resource: executions,
      call: () => sfn.send(new RedriveExecutionCommand({ executionArn: nobody }), within()),
      granted: noExecution,
    },
    {
      id: 'list',
      what: 'List data and results',
      action: 's3:ListBucket',
      resource: bucketArn,
      call: () => s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: DATASETS_PREFIX, MaxKeys: 1 }), within()),
    },
    {
      id: 'put',
      what: 'Upload datasets and models',
      action: 's3:PutObject',
      resource: `${bucketArn}/${DATASETS_PREFIX}*`,
      call: () => s3.send(new PutObjectCommand({ ...marker, Body: 'connection test' }), within()),
    },
    {
      id: 'get',
      what: 'Read data and results',
      action: 's3:GetObject',
      resource: `${bucketArn}/*`,
      call: async () => {
        const { Body } = await s3.send(new GetObjectCommand(marker), within());
        await Body?.transformToByteArray();
      },
      // Without the right to list, a missing object is answered as a refusal.
      granted: ['NoSuchKey'],
    },
    {
      id: 'delete',
      what: 'Replace and delete datasets',
      action: 's3:DeleteObject',
      resource: `${bucketArn}/${DATASETS_PREFIX}*`,
      call: async () => {
        const { Errors } = await s3.send(
          new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: [{ Key: MARKER }], Quiet: true } }),
          within(),
        );
        const failed = Errors?.[0];
        if (failed) throw Object.assign(new Error(failed.Message), { name: failed.Code ?? 'Error' });
      },
    },
    {
      id: 'multipart',
      what: 'Clear up an upload that was cut off',
      action: 's3:AbortMultipartUpload',
      resource: `${bucketArn}/${DATASETS_PREFIX}*`,
      call: async () => {
        const { UploadId } = await s3.send(new CreateMultipartUploadCommand(marker), within());
        await s3.send(new AbortMultipartUploadCommand({ ...marker, UploadId }), within());
      },
    },
    {
      id: 'uploads',
      what: 'Find uploads that were cut off',
      action: 's3:ListBucketMultipartUploads',
      resource: bucketArn,
      call: () => s3.send(new ListMultipartUploadsCommand({ Bucket: bucket, MaxUploads: 1 }), within()),
    },
    ...Object.entries(to.logGroups).map(([name, logGroupName]) => ({
      id: `log-${name}`,
      what: `Read the log of ${name}`,
      action: 'logs:FilterLogEvents',
      resource: `arn:${partition}:logs:${region}:${account}:log-group:${logGroupName}:*`,
      call: () => clients().logs.send(new FilterLogEventsCommand({ logGroupName, limit: 1 }), within()),
    })),
    ...functionsOf(to).map(([name, arn]) => ({
      id: `function-${name}`,
      what: `Read the settings of ${name}`,
      action: 'lambda:GetFunctionConfiguration',
      resource: arn,
      call: () => clients().lambda.send(new GetFunctionConfigurationCommand({ FunctionName: arn }), within()),
    })),
    {
      id: 'concurrency',
      what: 'Estimate how long a launch takes',
      action: 'lambda:GetAccountSettings',
      resource: '*',
      call: () => clients().lambda.send(new GetAccountSettingsCommand({}), within()),
    },
  ];
}

/** Who we are; a wrong account is the commonest mistake with several profiles. */
async function identity(to: Connection, options: { abortSignal: AbortSignal }): Promise<string> {
  const { Arn, Account } = await clients().sts.send(new GetCallerIdentityCommand({}), options);
  const deployed = to.stateMachineArn.split(':')[4];
  if (Account !== deployed) throw new OtherAccount(String(Arn), String(Account), String(deployed));
  return `${Arn}`;
}

class OtherAccount extends Error {
  readonly remedy: string;
  constructor(arn: string, account: string, deployed: string) {
    super(`${arn} is of account ${account}, the stack lies in account ${deployed}.`);
    this.remedy = `Choose a profile or a role of account ${deployed}.`;
  }
}

function functionsOf({ functions: { initialize, summarize, inference } }: Connection): [string, string][] {
  const named: [string, string | null][] = [
    ['initialize', initialize],
    ...Object.entries(inference).map(([memoryMb, arn]): [string, string] => [`inference-${memoryMb}`, arn]),
    ['summarize', summarize],
  ];
  return named.flatMap(([name, arn]) => (arn ? [[name, arn] as [string, string]] : []));
}
