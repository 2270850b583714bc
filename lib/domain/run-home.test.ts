import { expect, test } from 'vitest';
import { homeOf, livesOn, ranLocally } from './run-home.ts';

const local = { bucket: 'starmap', stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:starmap' };
const aws = { bucket: 'lab-data', stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:starmap' };
const arn = (services: typeof local) => `${services.stateMachineArn.replace(':stateMachine:', ':execution:')}:run-1`;

test('a run belongs to the services it was launched on, started or not', () => {
  for (const [here, there] of [
    [local, aws],
    [aws, local],
  ] as const) {
    for (const executionArn of [null, arn(here)]) {
      const run = { resultBucket: here.bucket, executionArn };
      expect(livesOn(run, here)).toBe(true);
      expect(livesOn(run, there)).toBe(false);
    }
  }
});

test('a bucket of the same name in another account or region is not enough; a renamed state machine is', () => {
  const run = { resultBucket: aws.bucket, executionArn: arn(aws) };
  for (const other of [/123456789012/, /eu-west-1/])
    expect(livesOn(run, { ...aws, stateMachineArn: aws.stateMachineArn.replace(other, '210987654321') })).toBe(false);
  expect(livesOn(run, { ...aws, stateMachineArn: `${aws.stateMachineArn}-2` })).toBe(true);
});

test('its home in words', () => {
  expect(homeOf({ resultBucket: 'starmap', executionArn: arn(local) })).toBe('the local runtime');
  expect(homeOf({ resultBucket: 'lab-data', executionArn: arn(aws) })).toBe('AWS eu-west-1, account 123456789012');
  expect(homeOf({ resultBucket: 'lab-data', executionArn: null })).toBe('the services with the bucket lab-data');
  expect([arn(local), arn(aws), null].map((executionArn) => ranLocally({ executionArn }))).toEqual([
    true,
    false,
    false,
  ]);
});
