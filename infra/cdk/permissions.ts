import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { DeployOptions } from '../../lib/domain/deploy-options.ts';
import { DATASETS_PREFIX, MODELS_PREFIX, PREPARED_FOLDER } from '../../lib/domain/keys.ts';
import type { Grant } from './grant.ts';
import { functionName, inferencePart, logGroupName } from './names.ts';

/** Label of the distributed map in infra/state-machine.asl.json: part of the ARNs of its runs and children. */
const MAP_LABEL = 'Infer';

/**
 * What each part of the deployment may do, resource by resource. `policy-and-code.test.ts` holds it against the calls
 * that the code makes: no action may be missing, none may be there that no code uses.
 */
export function permissionsOf(stack: Stack, options: DeployOptions, bucket: IBucket) {
  const arn = (service: string, resource: string, resourceName: string) =>
    stack.formatArn({ service, resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  const foreign = options.dataBuckets.map((name) =>
    stack.formatArn({ service: 's3', region: '', account: '', resource: name }),
  );
  /** Objects whose keys end so, anywhere under the prefixes of results. */
  const results = (...ends: string[]) =>
    options.resultPrefixes.flatMap((prefix) => ends.map((end) => bucket.arnForObjects(`${prefix}/*${end}`)));
  const machine = arn('states', 'stateMachine', options.stack);
  const execution = arn('states', 'execution', `${options.stack}:*`);
  const child = arn('states', 'execution', `${options.stack}/${MAP_LABEL}:*`);
  const functions = ['initialize', 'summarize', inferencePart('*')].map((part) => functionName(options, part));

  const readData: Grant[] = [
    // Without the right to list, S3 answers "forbidden" also where an object is not there.
    { actions: ['s3:ListBucket'], resources: [bucket.bucketArn, ...foreign] },
    {
      actions: ['s3:GetObject'],
      resources: [bucket, ...foreign].map((each) => (typeof each === 'string' ? `${each}/*` : each.arnForObjects('*'))),
      because: 'The input of a run says under which prefixes its data and its model lie.',
    },
  ];
  const look: Grant[] = [
    ...readData,
    // What a split that was cut off left of a file.
    { actions: ['s3:ListBucketMultipartUploads'], resources: [bucket.bucketArn] },
    { actions: ['states:DescribeStateMachine'], resources: [machine] },
    {
      actions: ['states:DescribeExecution'],
      resources: [execution, child],
      because: 'Executions and the children of the map have names that are made when they start.',
    },
    {
      actions: ['states:GetExecutionHistory'],
      resources: [execution],
      because: 'Executions have names that are made when they start.',
    },
    {
      actions: ['states:DescribeMapRun', 'states:ListExecutions'],
      resources: [arn('states', 'mapRun', `${options.stack}/${MAP_LABEL}:*`)],
      because: 'Step Functions names the runs of the map.',
    },
    {
      actions: ['lambda:GetFunctionConfiguration'],
      resources: functions.map((name) => arn('lambda', 'function', name)),
      because: 'There is one inference function per memory size.',
    },
    {
      actions: ['lambda:GetAccountSettings'],
      resources: ['*'],
      because: 'How many functions run at once is a limit of the account, which Lambda grants on all only.',
    },
    {
      actions: ['logs:FilterLogEvents'],
      // Logs checks some calls against the group's ARN and some against that of everything in it.
      resources: functions.flatMap((name) =>
        ['', ':*'].map((end) => arn('logs', 'log-group', logGroupName(name) + end)),
      ),
      because: 'A log group holds streams that Lambda names, and there is one group per memory size.',
    },
    {
      actions: ['cloudformation:DescribeStacks'],
      resources: ['*'],
      because:
        'The settings page finds deployments among the stacks of the region; CloudFormation grants a list on all only.',
    },
  ];

  return {
    initialize: [
      ...readData,
      { actions: ['s3:PutObject'], resources: results('items.json'), because: eachRun },
    ] satisfies Grant[],

    inference: [
      ...readData,
      { actions: ['s3:PutObject'], resources: results('.json', '.parquet'), because: eachRun },
      { actions: ['s3:AbortMultipartUpload'], resources: results('.parquet'), because: eachRun },
      {
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects(`${MODELS_PREFIX}*/${PREPARED_FOLDER}/*.ort`)],
        because:
          'Models have names that users give; a prepared graph is one for a version of it and a kind of processor.',
      },
    ] satisfies Grant[],

    summarize: [
      {
        actions: ['s3:ListBucket'],
        resources: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': options.resultPrefixes.map((prefix) => `${prefix}/*`) } },
      },
      { actions: ['s3:GetObject'], resources: results(''), because: eachRun },
      {
        actions: ['s3:PutObject'],
        resources: results('combined_data.json', 'summary.json', 'predictions.csv', 'predictions.parquet'),
        because: eachRun,
      },
      {
        actions: ['s3:AbortMultipartUpload'],
        resources: results('combined_data.json', 'predictions.csv', 'predictions.parquet'),
        because: eachRun,
      },
    ] satisfies Grant[],

    stateMachine: [
      // A distributed map starts its children as executions of the same machine under the map's label.
      { actions: ['states:StartExecution'], resources: [machine] },
      {
        actions: ['states:DescribeExecution', 'states:StopExecution'],
        resources: [execution, child],
        because: 'Step Functions names the children of the map.',
      },
      {
        actions: ['states:RedriveExecution'],
        resources: [child],
        because: 'Step Functions names the children of the map.',
      },
      // ItemReader
      { actions: ['s3:GetObject'], resources: results('items.json'), because: eachRun },
      // ResultWriter
      {
        actions: ['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'],
        resources: results('map/*'),
        because: eachRun,
      },
    ] satisfies Grant[],

    readOnly: look,

    dashboard: [
      ...look,
      { actions: ['states:StartExecution'], resources: [machine] },
      {
        actions: ['states:StopExecution', 'states:RedriveExecution'],
        resources: [execution],
        because: 'Executions have names that are made when they start.',
      },
      {
        actions: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:DeleteObject'],
        resources: [DATASETS_PREFIX, MODELS_PREFIX].map((prefix) => bucket.arnForObjects(`${prefix}*`)),
        because: 'Datasets and models have names that users give.',
      },
    ] satisfies Grant[],
  };
}

export type Permissions = ReturnType<typeof permissionsOf>;

const eachRun = 'Each run has a folder of its own under the prefixes of results.';
