import { Validations } from 'aws-cdk-lib';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { synthesizeApp } from './synthesized.fixture.ts';

test.each([
  ['as it comes', {}],
  [
    'with everything chosen',
    {
      alarmEmail: 'someone@example.org',
      dataBuckets: ['survey-data'],
      resultPrefixes: ['result-partition-25MB'],
      architecture: 'x86_64' as const,
    },
  ],
])('cdk-nag (AWS Solutions) has nothing against the stack %s', (_, options) => {
  const { app } = synthesizeApp(options);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
  // Findings end the synthesis with an error that lists them.
  expect(() => app.synth()).not.toThrow();
});

test('cdk-nag is awake: a bucket as CloudFormation makes it by itself is a finding', () => {
  const { app, stack } = synthesizeApp();
  new CfnBucket(stack, 'Plain');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => app.synth()).toThrow(/AwsSolutions-S10/);
});
