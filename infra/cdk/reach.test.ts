import { beforeAll, expect, test } from 'vitest';
import { ACCOUNT, BUCKET, may, REGION, type Statement, statementsOf, synthesize } from './synthesized.fixture.ts';

const holders = {
  initialize: 'InitializeRole',
  inference: 'Inference2048Role',
  summarize: 'SummarizeRole',
  'state machine': 'StateMachineRole',
  dashboard: 'DashboardPolicy',
  'read-only': 'ReadOnlyPolicy',
};
let rights: Record<string, Statement[]>;

beforeAll(() => {
  const template = synthesize({ dataBuckets: ['survey-data'], resultPrefixes: ['result-partition-25MB'] });
  rights = Object.fromEntries(Object.entries(holders).map(([name, id]) => [name, statementsOf(template, id)]));
});

const object = (key: string, bucket = BUCKET) => `arn:aws:s3:::${bucket}/${key}`;
const states = (rest: string) => `arn:aws:states:${REGION}:${ACCOUNT}:${rest}`;
const fn = (name: string) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
const log = (rest: string) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${rest}`;

// Who, what, to what, and whether it is allowed.
const cases: [string, string, string, boolean][] = [
  ['initialize', 's3:GetObject', object('models/photoz/model.json'), true],
  ['initialize', 's3:GetObject', object('datasets/sdss-5MB/dataset.json'), true],
  ['initialize', 's3:ListBucket', 'arn:aws:s3:::survey-data', true],
  ['initialize', 's3:PutObject', object('results/e/r/items.json'), true],
  ['initialize', 's3:PutObject', object('result-partition-25MB/1GB/1/items.json'), true],
  ['initialize', 's3:PutObject', object('results/items.json'), true],
  ['initialize', 's3:PutObject', object('results/e/r/0.json'), false],
  ['initialize', 's3:PutObject', object('elsewhere/items.json'), false],

  ['inference', 's3:GetObject', object('1.safetensors', 'survey-data'), true],
  ['inference', 's3:GetObject', object('1.safetensors', 'another-bucket'), false],
  ['inference', 's3:PutObject', object('results/e/r/17.json'), true],
  ['inference', 's3:PutObject', object('results/e/r/predictions/17.parquet'), true],
  ['inference', 's3:PutObject', object('tmp/trial/predictions/17.parquet'), true],
  ['inference', 's3:PutObject', object('models/photoz/model.json'), false],
  ['inference', 's3:PutObject', object('models/photoz/model.onnx'), false],
  ['inference', 's3:PutObject', object('models/photoz/prepared/1f/onnxruntime-x64.ort'), true],
  ['inference', 's3:PutObject', object('datasets/sdss-5MB/1.safetensors'), false],
  ['inference', 's3:PutObject', object('results/e/r/predictions.csv'), false],
  ['inference', 's3:PutObject', object('results/x.json', 'survey-data'), false],
  ['inference', 's3:DeleteObject', object('results/e/r/17.json'), false],
  ['inference', 'logs:PutLogEvents', log('/aws/lambda/starmap-inference-2048:log-stream:x'), true],
  ['inference', 'logs:PutLogEvents', log('/aws/lambda/starmap-inference-1024:log-stream:x'), false],
  ['inference', 'logs:CreateLogGroup', log('/aws/lambda/starmap-inference-2048'), false],

  ['summarize', 's3:GetObject', object('results/e/r/predictions/17.parquet'), true],
  ['summarize', 's3:GetObject', object('results/e/r/map/uuid/FAILED_0.json'), true],
  ['summarize', 's3:GetObject', object('datasets/sdss-5MB/1.safetensors'), false],
  ['summarize', 's3:PutObject', object('results/e/r/combined_data.json'), true],
  ['summarize', 's3:PutObject', object('results/e/r/summary.json'), true],
  ['summarize', 's3:PutObject', object('results/e/r/17.json'), false],

  ['state machine', 'lambda:InvokeFunction', fn('starmap-inference-3008'), true],
  ['state machine', 'lambda:InvokeFunction', fn('someone-elses'), false],
  ['state machine', 'states:StartExecution', states('stateMachine:starmap'), true],
  ['state machine', 'states:StartExecution', states('stateMachine:another'), false],
  ['state machine', 'states:DescribeExecution', states('execution:starmap/Infer:uuid'), true],
  ['state machine', 'states:StopExecution', states('execution:starmap:run-1'), true],
  ['state machine', 'states:RedriveExecution', states('execution:starmap/Infer:uuid'), true],
  ['state machine', 'states:RedriveExecution', states('execution:another/Infer:uuid'), false],
  ['state machine', 's3:GetObject', object('results/e/r/items.json'), true],
  ['state machine', 's3:GetObject', object('models/photoz/model.onnx'), false],
  ['state machine', 's3:PutObject', object('results/e/r/map/uuid/SUCCEEDED_0.json'), true],
  ['state machine', 's3:AbortMultipartUpload', object('results/e/r/map/uuid/SUCCEEDED_0.json'), true],
  ['state machine', 's3:PutObject', object('results/e/r/17.json'), false],

  ['dashboard', 'states:StartExecution', states('stateMachine:starmap'), true],
  ['dashboard', 'states:StopExecution', states('execution:starmap:run-1'), true],
  ['dashboard', 'states:StopExecution', states('execution:another:run-1'), false],
  ['dashboard', 'states:RedriveExecution', states('execution:starmap:run-1'), true],
  ['dashboard', 's3:PutObject', object('datasets/new/1.safetensors'), true],
  ['dashboard', 's3:PutObject', object('models/new/model.onnx'), true],
  ['dashboard', 's3:PutObject', object('results/e/r/17.json'), false],
  ['dashboard', 's3:DeleteObject', object('datasets/old/1.safetensors'), true],
  ['dashboard', 's3:DeleteObject', object('models/old/model.onnx'), true],
  ['dashboard', 's3:DeleteObject', object('results/e/r/17.json'), false],
  ['dashboard', 'lambda:InvokeFunction', fn('starmap-inference-2048'), false],

  ['read-only', 'states:DescribeExecution', states('execution:starmap/Infer:uuid'), true],
  ['read-only', 'states:ListExecutions', states('mapRun:starmap/Infer:uuid'), true],
  ['read-only', 's3:GetObject', object('results/e/r/predictions.csv'), true],
  ['read-only', 'logs:FilterLogEvents', log('/aws/lambda/starmap-inference-512:*'), true],
  ['read-only', 'states:StartExecution', states('stateMachine:starmap'), false],
  ['read-only', 'states:StopExecution', states('execution:starmap:run-1'), false],
  ['read-only', 's3:PutObject', object('datasets/new/1.safetensors'), false],
];

test.each(cases)('%s: %s on %s: %s', (who, action, resource, expected) => {
  expect(may(rights[who] ?? [], action, resource)).toBe(expected);
});

test('summarize lists results and nothing else', () => {
  const list = (prefix: string) =>
    may(rights.summarize ?? [], 's3:ListBucket', `arn:aws:s3:::${BUCKET}`, { 's3:prefix': prefix });
  expect(list('results/e/r/')).toBe(true);
  expect(list('result-partition-25MB/1GB/1/')).toBe(true);
  expect(list('datasets/')).toBe(false);
});

test('nobody has a right on everything, but for what AWS grants no other way', () => {
  const everywhere = Object.entries(rights).flatMap(([who, statements]) =>
    statements
      .filter(({ Resource }) => [Resource].flat().includes('*'))
      .flatMap(({ Action }) => [Action].flat().map((action) => `${who} ${action}`)),
  );
  const granted =
    /^(state machine (xray|logs):.*|(dashboard|read-only) (lambda:GetAccountSettings|cloudformation:DescribeStacks))$/;
  expect(everywhere.filter((right) => !granted.test(right))).toEqual([]);
});
