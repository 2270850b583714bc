import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, test } from 'vitest';
import { deployOptions } from '../../lib/domain/deploy-options.ts';
import { StackOutputs } from '../../lib/domain/deployment.ts';
import { DEFAULT_MEMORY_MB, MEMORY_SIZES_MB } from '../local/connection.ts';
import { deployedFunctions } from '../local/deploy.ts';
import { ACCOUNT, BUCKET, deployed, REGION, type Resource, resourcesOf, synthesize } from './synthesized.fixture.ts';

let template: Template;
beforeAll(() => {
  template = synthesize();
});

const ofType = (type: string, from = template): Resource[] =>
  Object.values(resourcesOf(from)).filter(({ Type }) => Type === type);
const functionNamed = (name: string, from = template) =>
  ofType('AWS::Lambda::Function', from).find(({ Properties }) => Properties.FunctionName === name)?.Properties ?? {};

test('the bucket is encrypted, private, and open to TLS 1.2 only', () => {
  template.hasResourceProperties('AWS::S3::Bucket', {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  });
  const denies = (condition: object) =>
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Action: 's3:*', Principal: { AWS: '*' }, Condition: condition }),
        ]),
      },
    });
  denies({ Bool: { 'aws:SecureTransport': 'false' } });
  denies({ NumericLessThan: { 's3:TlsVersion': 1.2 } });
});

test('unfinished uploads and temporary results go away, other objects never do', () => {
  template.hasResourceProperties('AWS::S3::Bucket', {
    LifecycleConfiguration: {
      Rules: [
        {
          Id: 'abandoned-uploads',
          Status: 'Enabled',
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
          ExpirationInDays: Match.absent(),
        },
        { Id: 'temporary-results', Status: 'Enabled', Prefix: 'tmp/', ExpirationInDays: 14 },
      ],
    },
  });
});

test('the bucket outlives the stack; everything else goes with it', () => {
  template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  const staying = Object.values(
    template.toJSON().Resources as Record<string, { Type: string; DeletionPolicy?: string }>,
  )
    .filter(({ DeletionPolicy }) => DeletionPolicy?.startsWith('Retain'))
    .map(({ Type }) => Type);
  expect(staying).toEqual(['AWS::S3::Bucket']);
});

test('no browser talks to the bucket, so it has no CORS rules', () => {
  template.hasResourceProperties('AWS::S3::Bucket', { CorsConfiguration: Match.absent() });
});

test('initialize and summarize run on Node 24 on arm64, inference as an image of that architecture', () => {
  for (const name of ['starmap-initialize', 'starmap-summarize'])
    expect(functionNamed(name)).toMatchObject({
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Architectures: ['arm64'],
      MemorySize: 1024,
      Timeout: 900,
    });
  expect(functionNamed('starmap-inference-2048')).toMatchObject({
    PackageType: 'Image',
    Architectures: ['arm64'],
    MemorySize: 2048,
    Timeout: 900,
  });
});

test('another architecture is one option', () => {
  const functions = ofType('AWS::Lambda::Function', synthesize({ architecture: 'x86_64' }));
  expect(functions.map(({ Properties }) => Properties.Architectures)).toEqual(functions.map(() => ['x86_64']));
});

test('there is one inference function per memory size, the same sizes as the local runtime has', () => {
  const sizes = (from: Template) =>
    ofType('AWS::Lambda::Function', from)
      .filter(({ Properties }) => Properties.PackageType === 'Image')
      .map(({ Properties }) => Properties.MemorySize);
  expect(sizes(template)).toEqual(MEMORY_SIZES_MB);
  expect(deployOptions.parse({}).defaultMemoryMb).toBe(DEFAULT_MEMORY_MB);
  expect(sizes(synthesize({ memoriesMb: [3008, 1024, 1024] }))).toEqual([1024, 3008]);
});

test('initialize knows each inference function by its memory', () => {
  const variables = deployed(template, functionNamed('starmap-initialize').Environment) as {
    Variables: Record<string, string>;
  };
  const functions = JSON.parse(variables.Variables.INFERENCE_FUNCTIONS ?? '') as Record<string, string>;
  expect(functions['3008']).toBe(`arn:aws:lambda:${REGION}:${ACCOUNT}:function:starmap-inference-3008`);
  expect(Object.keys(functions)).toHaveLength(MEMORY_SIZES_MB.length);
  expect(variables.Variables.DEFAULT_MEMORY_MB).toBe('2048');
});

test('the functions have the settings that the local runtime gives them', () => {
  // Credentials, region and endpoint are Lambda's own business; threads follow from memory there.
  const localOnly = /^AWS_|^STARMAP_THREADS$|^INFERENCE_FUNCTIONS$/;
  for (const local of deployedFunctions('dist', '', { accessKeyId: '', secretAccessKey: '' }, 1)) {
    const { Environment, MemorySize, Timeout } = functionNamed(local.name);
    const { Variables = {} } = (deployed(template, Environment) ?? {}) as { Variables?: Record<string, string> };
    const own = (variables: Record<string, string>) =>
      Object.fromEntries(Object.entries(variables).filter(([name]) => !localOnly.test(name)));
    expect({ name: local.name, variables: own(Variables), MemorySize, timeoutMs: Number(Timeout) * 1000 }).toEqual({
      name: local.name,
      variables: own(local.env ?? {}),
      MemorySize: local.memoryMb,
      timeoutMs: local.timeoutMs,
    });
  }
});

test('each function logs to a group of its own that was made before it and forgets after 30 days', () => {
  for (const { Properties } of ofType('AWS::Lambda::Function')) {
    const { LogGroup } = deployed(template, Properties.LoggingConfig) as { LogGroup: string };
    expect(LogGroup).toBe(`/aws/lambda/${Properties.FunctionName}`);
  }
  const groups = ofType('AWS::Logs::LogGroup');
  expect(groups).toHaveLength(ofType('AWS::Lambda::Function').length + 1);
  expect(groups.map(({ Properties }) => Properties.RetentionInDays)).toEqual(groups.map(() => 30));
});

test('the state machine logs everything but the data, and traces', () => {
  template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
    StateMachineName: 'starmap',
    LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false, Destinations: [Match.anyValue()] },
    TracingConfiguration: { Enabled: true },
  });
  template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: '/aws/vendedlogs/states/starmap' });
});

test('only Step Functions of this account may take the role of the state machine', () => {
  template.hasResourceProperties('AWS::IAM::Role', {
    AssumeRolePolicyDocument: {
      Statement: [
        Match.objectLike({
          Principal: { Service: 'states.amazonaws.com' },
          Condition: Match.objectLike({ StringEquals: { 'aws:SourceAccount': ACCOUNT } }),
        }),
      ],
    },
  });
});

test('failed and timed-out executions, throttles and spend raise alarms, by e-mail where there is an address', () => {
  const alarmed = synthesize({ alarmEmail: 'someone@example.org', budgetUsd: 20 });
  const alarms = ofType('AWS::CloudWatch::Alarm', alarmed);
  const metricsOf = ({ Properties }: Resource) =>
    (Properties.Metrics as { MetricStat?: { Metric: { MetricName: string } } }[]).flatMap(
      ({ MetricStat }) => MetricStat?.Metric.MetricName ?? [],
    );
  expect(alarms.map((alarm) => [...new Set(metricsOf(alarm))])).toEqual([
    ['ExecutionsFailed', 'ExecutionsTimedOut'],
    ['Throttles'],
  ]);
  expect(metricsOf(alarms[1] as Resource)).toHaveLength(ofType('AWS::Lambda::Function').length);
  for (const { Properties } of alarms) expect(Properties.AlarmActions).toHaveLength(1);
  alarmed.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'someone@example.org' });
  alarmed.hasResourceProperties('AWS::Budgets::Budget', {
    Budget: { BudgetLimit: { Amount: 20, Unit: 'USD' }, TimeUnit: 'MONTHLY', BudgetType: 'COST' },
    NotificationsWithSubscribers: [
      { Notification: Match.objectLike({ NotificationType: 'ACTUAL', Threshold: 80 }) },
      { Notification: Match.objectLike({ NotificationType: 'FORECASTED', Threshold: 100 }) },
    ].map(Match.objectLike),
  });
});

test('without an address the alarms are there and tell nobody', () => {
  template.resourceCountIs('AWS::SNS::Topic', 0);
  template.resourceCountIs('AWS::CloudWatch::Alarm', 2);
  template.hasResourceProperties('AWS::Budgets::Budget', { NotificationsWithSubscribers: Match.absent() });
});

test('the outputs are what the dashboard reads', () => {
  const outputs = Object.fromEntries(
    Object.entries(template.toJSON().Outputs as Record<string, { Value: unknown }>).map(([key, { Value }]) => [
      key,
      deployed(template, Value),
    ]),
  );
  expect(Object.keys(outputs).sort()).toEqual(Object.keys(StackOutputs.shape).sort());
  expect(StackOutputs.parse(outputs)).toMatchObject({
    Bucket: BUCKET,
    StateMachineArn: `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:starmap`,
    InferenceFunctionArns: { '512': `arn:aws:lambda:${REGION}:${ACCOUNT}:function:starmap-inference-512` },
    LogGroups: { initialize: '/aws/lambda/starmap-initialize', 'inference-512': '/aws/lambda/starmap-inference-512' },
    DefaultMemoryMb: 2048,
  });
});

test('a bucket that is there already is used and left as it is', () => {
  const adopting = synthesize({ bucket: 'kept-from-before' });
  adopting.resourceCountIs('AWS::S3::Bucket', 0);
  adopting.hasOutput('Bucket', { Value: 'kept-from-before' });
});

test('two stacks of different names share no name', () => {
  const names = (from: Template) =>
    Object.values(resourcesOf(from)).flatMap(({ Properties }) => {
      const { FunctionName, LogGroupName, StateMachineName, Budget } = Properties ?? {};
      return [
        FunctionName,
        LogGroupName,
        StateMachineName,
        (Budget as { BudgetName?: string } | undefined)?.BudgetName,
      ].flatMap((name) => name ?? []);
    });
  const other = new Set(names(synthesize({ stack: 'other' })));
  expect(names(template).filter((name) => other.has(name))).toEqual([]);
});

test('the policies stay below IAM’s limits with as much chosen as can be', () => {
  const many = synthesize({
    stack: 'a-name-of-forty-characters-is-the-most-1',
    memoriesMb: Array.from({ length: 20 }, (_, i) => 512 * (i + 1)).map((mb) => Math.min(mb, 10_240)),
    dataBuckets: ['survey-one-bucket-with-quite-a-long-name', 'survey-two-bucket-with-quite-a-long-name'],
    resultPrefixes: ['result-partition-25MB', 'result-partition-50MB'],
  });
  const size = ({ Properties }: Resource) => JSON.stringify(deployed(many, Properties.PolicyDocument)).length;
  for (const policy of ofType('AWS::IAM::ManagedPolicy', many)) expect(size(policy)).toBeLessThan(6_144);
  for (const policy of ofType('AWS::IAM::Policy', many)) expect(size(policy)).toBeLessThan(10_240);
});

test.each([
  [{ stack: '1st' }, /must begin with a letter/],
  [{ memoriesMb: [64] }, /whole number from 128 to 10240/],
  [{ memoriesMb: [] }, /must name a memory size/],
  [{ dataBuckets: ['s3://x'] }, /must be a bucket name/],
  [{ logRetentionDays: 31 }, /must be one of 1, 3, 5/],
  [{ alarmEmail: 'me' }, /must be an e-mail address/],
  [{ resultPrefixes: ['a*'] }, /must be a prefix without/],
])('%j is refused', (options, message) => {
  expect(() => deployOptions.parse(options)).toThrow(message);
});
