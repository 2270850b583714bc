import { Arn, ArnFormat, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { DeployOptions } from '../../lib/domain/deploy-options.ts';
import { functionNames, logGroupName } from './names.ts';

/** Label of the distributed map in infra/state-machine.asl.json: part of the ARNs of its runs and children. */
const MAP_LABEL = 'Infer';

/**
 * What each part of the deployment may do, resource by resource. `policy-and-code.test.ts` holds it against the calls
 * that the code makes: no action may be missing, none may be there that no code uses.
 */
export function permissionsOf(stack: Stack, options: DeployOptions, bucket: IBucket) {
  const foreign = options.dataBuckets.map((name) =>
    Arn.format({ service: 's3', region: '', account: '', resource: name }, stack),
  );
  const buckets = [bucket.bucketArn, ...foreign];
  const objects = (...patterns: string[]) => patterns.map((pattern) => bucket.arnForObjects(pattern));
  /** Objects of these names anywhere under the prefixes of results, also directly in one. */
  const results = (...names: string[]) =>
    options.resultPrefixes.flatMap((prefix) => names.map((name) => bucket.arnForObjects(`${prefix}/*${name}`)));
  const arn = (service: string, resource: string, resourceName: string) =>
    stack.formatArn({ service, resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  const machine = arn('states', 'stateMachine', options.stack);
  const execution = arn('states', 'execution', `${options.stack}:*`);
  const child = arn('states', 'execution', `${options.stack}/${MAP_LABEL}:*`);
  const names = functionNames(options);

  const readData = () => [
    // The listing of a folder; without the right to list, S3 answers "forbidden" also where an object is not there.
    allow(['s3:ListBucket'], buckets),
    allow(['s3:GetObject'], [...objects('*'), ...foreign.map((arn) => `${arn}/*`)]),
  ];
  const watch = () => [
    ...readData(),
    allow(['states:DescribeStateMachine'], [machine]),
    allow(['states:DescribeExecution'], [execution, child]),
    allow(['states:GetExecutionHistory'], [execution]),
    allow(
      ['states:DescribeMapRun', 'states:ListExecutions'],
      [arn('states', 'mapRun', `${options.stack}/${MAP_LABEL}:*`)],
    ),
    allow(
      ['lambda:GetFunctionConfiguration'],
      names.map((name) => arn('lambda', 'function', name)),
    ),
    // Logs checks some calls against the group's ARN and some against that of everything in it.
    allow(
      ['logs:FilterLogEvents'],
      names.flatMap((name) => ['', ':*'].map((end) => arn('logs', 'log-group', `${logGroupName(name)}${end}`))),
    ),
  ];

  return {
    initialize: () => [...readData(), allow(['s3:PutObject'], results('items.json'))],

    inference: () => [
      ...readData(),
      allow(['s3:PutObject'], results('.json', '.parquet')),
      allow(['s3:AbortMultipartUpload'], results('.parquet')),
    ],

    summarize: () => [
      allow(['s3:ListBucket'], [bucket.bucketArn], {
        StringLike: { 's3:prefix': options.resultPrefixes.map((prefix) => `${prefix}/*`) },
      }),
      allow(['s3:GetObject'], results('')),
      allow(['s3:PutObject'], results('combined_data.json', 'summary.json', 'predictions.csv', 'predictions.parquet')),
      allow(['s3:AbortMultipartUpload'], results('combined_data.json', 'predictions.csv', 'predictions.parquet')),
    ],

    /** @param functionArns the functions that its states invoke. */
    stateMachine: (functionArns: string[]) => [
      allow(['lambda:InvokeFunction'], functionArns),
      // A distributed map starts its children as executions of the same machine under the map's label.
      allow(['states:StartExecution'], [machine]),
      allow(['states:DescribeExecution', 'states:StopExecution'], [execution, child]),
      allow(['states:RedriveExecution'], [child]),
      // ItemReader
      allow(['s3:GetObject'], results('items.json')),
      // ResultWriter
      allow(
        ['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'],
        results('map/*'),
      ),
    ],

    readOnly: watch,

    dashboard: () => [
      ...watch(),
      allow(['states:StartExecution'], [machine]),
      allow(['states:StopExecution'], [execution]),
      allow(['s3:PutObject', 's3:AbortMultipartUpload'], objects('datasets/*', 'models/*')),
      allow(['s3:DeleteObject'], objects('datasets/*')),
    ],
  };
}

export function allow(actions: string[], resources: string[], conditions?: Record<string, unknown>): PolicyStatement {
  return new PolicyStatement({ actions, resources, ...(conditions && { conditions }) });
}
