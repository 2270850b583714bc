import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { collectSdkCalls, type SdkCalls } from './sdk-calls.fixture.ts';
import { actionsOf, statementsOf, synthesize } from './synthesized.fixture.ts';

/**
 * The IAM actions that each call needs (Service Authorization Reference). Reading an object needs the right to list the
 * bucket too, where "it is not there" shall be told from "you may not".
 */
const ACTIONS: Record<string, string[]> = {
  GetObjectCommand: ['s3:GetObject', 's3:ListBucket'],
  HeadObjectCommand: ['s3:GetObject', 's3:ListBucket'],
  SignedGet: ['s3:GetObject', 's3:ListBucket'],
  SignedPut: ['s3:PutObject'],
  ListObjectsV2Command: ['s3:ListBucket'],
  HeadBucketCommand: ['s3:ListBucket'],
  PutObjectCommand: ['s3:PutObject'],
  // Of an object without tags.
  CopyObjectCommand: ['s3:GetObject', 's3:PutObject'],
  CreateMultipartUploadCommand: ['s3:PutObject'],
  UploadPartCommand: ['s3:PutObject'],
  CompleteMultipartUploadCommand: ['s3:PutObject'],
  AbortMultipartUploadCommand: ['s3:AbortMultipartUpload'],
  Upload: ['s3:PutObject', 's3:AbortMultipartUpload'],
  ListMultipartUploadsCommand: ['s3:ListBucketMultipartUploads'],
  paginateListObjectsV2: ['s3:ListBucket'],
  DeleteObjectsCommand: ['s3:DeleteObject'],
  GetFunctionConfigurationCommand: ['lambda:GetFunctionConfiguration'],
  GetAccountSettingsCommand: ['lambda:GetAccountSettings'],
  FilterLogEventsCommand: ['logs:FilterLogEvents'],
  StartExecutionCommand: ['states:StartExecution'],
  StopExecutionCommand: ['states:StopExecution'],
  RedriveExecutionCommand: ['states:RedriveExecution'],
  DescribeExecutionCommand: ['states:DescribeExecution'],
  GetExecutionHistoryCommand: ['states:GetExecutionHistory'],
  DescribeMapRunCommand: ['states:DescribeMapRun'],
  ListExecutionsCommand: ['states:ListExecutions'],
  DescribeStateMachineCommand: ['states:DescribeStateMachine'],
  paginateDescribeStacks: ['cloudformation:DescribeStacks'],
  // Answers whoever has credentials.
  GetCallerIdentityCommand: [],
};
/** What changes something; the rest only looks. */
const CHANGES = new Set([
  's3:PutObject',
  's3:AbortMultipartUpload',
  's3:DeleteObject',
  'states:StartExecution',
  'states:StopExecution',
  'states:RedriveExecution',
]);
/** What Lambda itself does with a function's role. */
const LAMBDA_LOGS = ['logs:CreateLogStream', 'logs:PutLogEvents'];
/**
 * What Step Functions does with its role, by what the definition holds. Starting, watching, stopping and redriving
 * children: "IAM policies for using Distributed Map state" in its developer guide.
 */
const STATE_ACTIONS = {
  invoke: ['lambda:InvokeFunction'],
  map: ['states:StartExecution', 'states:DescribeExecution', 'states:StopExecution', 'states:RedriveExecution'],
  reader: ['s3:GetObject'],
  writer: ['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'],
  logging: [
    'logs:CreateLogDelivery',
    'logs:GetLogDelivery',
    'logs:UpdateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:DescribeResourcePolicies',
    'logs:DescribeLogGroups',
  ],
  tracing: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'],
};

let template: Template;
beforeAll(() => {
  template = synthesize();
});

test.each([
  ['initialize', 'InitializeRole'],
  ['inference', 'Inference2048Role'],
  ['summarize', 'SummarizeRole'],
])('%s may do what its code calls, and no more', (name, role) => {
  const calls = collectSdkCalls([`lambdas/${name}/handler.ts`], { followImports: true });
  expect(actionsOf(statementsOf(template, role))).toEqual(sorted([...actionsFor(calls), ...LAMBDA_LOGS]));
});

test('every inference function has the same rights', () => {
  const actions = [512, 1024, 2048, 3008, 4096, 10_240].map((mb) =>
    actionsOf(statementsOf(template, `Inference${mb}Role`)),
  );
  for (const each of actions) expect(each).toEqual(actions[0]);
});

/** Deploying is done with the rights of whoever deploys; the dashboard has no part in it. */
const dashboardFiles = () =>
  globSync('lib/aws/**/*.ts').filter((file) => !/\.(test|fixture)\.ts$|\/deployment\.ts$/.test(file));

test('the dashboard may do what lib/aws and the partitioning tool call, and no more', () => {
  const calls = collectSdkCalls(dashboardFiles(), { followImports: false });
  expect(calls.size).toBeGreaterThan(10);
  // A process of its own with the credentials of the dashboard.
  const tool = collectSdkCalls(['lambdas/partition/main.ts'], { followImports: true });
  expect([...tool.keys()]).toContain('CreateMultipartUploadCommand');
  expect(actionsOf(statementsOf(template, 'DashboardPolicy'))).toEqual(
    sorted([...actionsFor(calls), ...actionsFor(tool)]),
  );
});

test('nothing but lib/aws calls AWS for the dashboard', () => {
  const others = globSync('{app,components,lib}/**/*.{ts,tsx}').filter(
    (file) => !file.startsWith('lib/aws/') && !/\.(test|fixture)\.tsx?$/.test(file),
  );
  expect([...collectSdkCalls(others, { followImports: false }).keys()]).toEqual([]);
});

test('the read-only policy is the dashboard’s without what changes something', () => {
  const all = actionsOf(statementsOf(template, 'DashboardPolicy'));
  expect(actionsOf(statementsOf(template, 'ReadOnlyPolicy'))).toEqual(all.filter((action) => !CHANGES.has(action)));
});

test('the state machine may do what its definition says, and no more', () => {
  const definition: unknown = JSON.parse(readFileSync('infra/state-machine.asl.json', 'utf8'));
  const needed = [...STATE_ACTIONS.logging, ...STATE_ACTIONS.tracing, ...definitionActions(definition)];
  expect(actionsOf(statementsOf(template, 'StateMachineRole'))).toEqual(sorted(needed));
});

test('a call that the table does not know is an error, not a gap', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'starmap-calls-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'extra.ts');
  writeFileSync(
    file,
    "import { DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';\nnew S3Client({}).send(new DeleteBucketCommand({ Bucket: '' }));\n",
  );
  const calls = collectSdkCalls([file], { followImports: true });
  expect(() => actionsFor(calls)).toThrow(/DeleteBucketCommand .*extra\.ts/);
});

function actionsFor(calls: SdkCalls): string[] {
  return sorted(
    [...calls].flatMap(([name, files]) => {
      const actions = ACTIONS[name];
      if (actions) return actions;
      throw new Error(`Which IAM actions does ${name} need (${[...files].join(', ')})? Add it to the table.`);
    }),
  );
}

function definitionActions(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { Type, Resource, ProcessorConfig } = node as Record<string, unknown>;
  const here: string[] = [];
  if ((ProcessorConfig as { Mode?: string } | undefined)?.Mode === 'DISTRIBUTED') here.push(...STATE_ACTIONS.map);
  if (typeof Resource === 'string') {
    const kind =
      Type === 'Task' && Resource === 'arn:aws:states:::lambda:invoke'
        ? 'invoke'
        : Resource === 'arn:aws:states:::s3:getObject'
          ? 'reader'
          : Resource === 'arn:aws:states:::s3:putObject'
            ? 'writer'
            : undefined;
    if (!kind) throw new Error(`Which IAM actions does ${Resource} need? Add it to the table.`);
    here.push(...STATE_ACTIONS[kind]);
  }
  return [...here, ...Object.values(node).flatMap(definitionActions)];
}

const sorted = (actions: string[]) => [...new Set(actions)].sort();
