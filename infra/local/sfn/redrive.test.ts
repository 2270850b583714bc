import { writeFileSync } from 'node:fs';
import { ListExecutionsCommand, ListMapRunsCommand, RedriveExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  MENDABLE,
  mapMachine,
  mapState,
  PASS,
  type StepFunctionsUnderTest,
  startStepFunctions,
} from './step-functions.fixture.ts';

let t: StepFunctionsUnderTest;
beforeAll(async () => {
  t = await startStepFunctions(MENDABLE);
});
afterAll(() => t.runtime.remove());

const redrive = (executionArn: string) => t.sfn().send(new RedriveExecutionCommand({ executionArn }));
let needed = 0;
/** A file that is not there yet. */
const missing = () => `${t.runtime.home}/mended-${++needed}`;

test('only what did not succeed runs again, under the same ARNs, and the execution goes on from there', async () => {
  const needs = missing();
  const arn = await t.start(mapMachine({ ItemsPath: '$' }, t.lambdaTask()), [{ n: 1 }, { n: 2, needs }, { n: 3 }]);
  expect(await t.ended(arn)).toMatchObject({ status: 'FAILED', redriveStatus: 'REDRIVABLE', redriveCount: 0 });
  const before = await t.mapRunOf(arn);
  expect(before).toMatchObject({ status: 'FAILED', itemCounts: { failed: 1 }, redriveCount: 0 });
  writeFileSync(needs, '');
  expect((await redrive(arn)).redriveDate).toBeInstanceOf(Date);
  expect(await t.outputOf(arn)).toEqual([{ n: 1 }, { n: 2, needs }, { n: 3 }]);
  expect(await t.ended(arn)).toMatchObject({
    redriveCount: 1,
    redriveDate: expect.any(Date),
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
  });
  expect(await t.mapRunOf(arn)).toMatchObject({
    mapRunArn: before.mapRunArn,
    redriveCount: 1,
    redriveDate: expect.any(Date),
    status: 'SUCCEEDED',
    itemCounts: { succeeded: 3, failed: 0, total: 3, pendingRedrive: 0 },
  });
  const events = await t.history(arn);
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  expect(events.map(({ type }) => type).slice(-6)).toEqual([
    'ExecutionRedriven',
    'MapRunRedriven',
    'MapRunSucceeded',
    'MapStateSucceeded',
    'MapStateExited',
    'ExecutionSucceeded',
  ]);
  await expect(redrive(arn)).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });
});

test('a second map after the redriven one is a map run of its own', async () => {
  const needs = missing();
  const States = {
    First: mapState({ ItemsPath: '$', ResultPath: null, Next: 'Second', End: undefined }, t.lambdaTask()),
    Second: mapState({ ItemsPath: '$', ItemSelector: { 'second.$': '$$.Map.Item.Value.n' } }, PASS, 'Child2'),
  };
  const arn = await t.start({ StartAt: 'First', States }, [{ n: 1, needs }, { n: 2 }]);
  await t.ended(arn);
  writeFileSync(needs, '');
  await redrive(arn);
  expect(await t.outputOf(arn)).toEqual([{ second: 1 }, { second: 2 }]);
  const { mapRuns = [] } = await t.sfn().send(new ListMapRunsCommand({ executionArn: arn }));
  expect(mapRuns.map(({ mapRunArn }) => mapRunArn?.split(':').at(-2)?.split('/').at(-1)).sort()).toEqual([
    'First',
    'Second',
  ]);
});

test('an execution that timed out has its whole time again', async () => {
  const needs = missing();
  const Retry = [{ ErrorEquals: ['NotYet'], IntervalSeconds: 1, MaxAttempts: 9, BackoffRate: 1 }];
  const arn = await t.start({ StartAt: 'T', TimeoutSeconds: 1, States: { T: t.lambdaTask({ Retry }) } }, { needs });
  expect(await t.ended(arn)).toMatchObject({ status: 'TIMED_OUT' });
  writeFileSync(needs, '');
  await redrive(arn);
  expect(await t.outputOf(arn)).toEqual({ needs });
});

test('children that wait for their redrive are counted and listed as such, each child once', async () => {
  const needs = missing();
  const child = t.lambdaTask();
  const items = Array.from({ length: 6 }, (_, n) => ({ n, needs, waitMs: 120 }));
  const arn = await t.start(mapMachine({ ItemsPath: '$', MaxConcurrency: 1, ToleratedFailureCount: 5 }, child), items);
  expect(await t.ended(arn)).toMatchObject({ status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold' });
  const { mapRunArn } = await t.mapRunOf(arn);
  expect(await t.mapRunOf(arn)).toMatchObject({ executionCounts: { failed: 6, pendingRedrive: 0 } });
  writeFileSync(needs, '');
  await redrive(arn);
  await expect.poll(async () => (await t.mapRunOf(arn)).executionCounts?.running).toBe(1);
  const { executionCounts: counts } = await t.mapRunOf(arn);
  expect((counts?.pendingRedrive ?? 0) + (counts?.succeeded ?? 0) + (counts?.running ?? 0)).toBe(6);
  expect(counts).toMatchObject({ total: 6, failed: 0, pending: 0 });
  const list = async (more: object) =>
    (await t.sfn().send(new ListExecutionsCommand({ mapRunArn, ...more }))).executions ?? [];
  expect(new Set((await list({})).map(({ name }) => name)).size).toBe(6);
  expect(await list({})).toHaveLength(6);
  expect((await list({ statusFilter: 'PENDING_REDRIVE' })).length).toBeGreaterThan(0);
  expect(await list({ statusFilter: 'FAILED' })).toEqual([]);
  expect(await list({ statusFilter: 'RUNNING', redriveFilter: 'NOT_REDRIVEN' })).toEqual([]);
  await t.outputOf(arn);
  expect(await list({ redriveFilter: 'REDRIVEN', statusFilter: 'SUCCEEDED' })).toHaveLength(6);
});

test('a child that is redriven keeps its ARN, goes on in its history and counts its redrives', async () => {
  const needs = missing();
  const arn = await t.start(mapMachine({ ItemsPath: '$' }, t.lambdaTask()), [{ n: 1, needs }]);
  await t.ended(arn);
  const { mapRunArn } = await t.mapRunOf(arn);
  const children = async () => (await t.sfn().send(new ListExecutionsCommand({ mapRunArn }))).executions ?? [];
  const [before] = await children();
  expect(await t.executionOf(before?.executionArn ?? '')).toMatchObject({
    status: 'FAILED',
    redriveStatus: 'REDRIVABLE_BY_MAP_RUN',
    redriveCount: 0,
  });
  await expect(redrive(before?.executionArn ?? '')).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });
  writeFileSync(needs, '');
  await redrive(arn);
  await t.ended(arn);
  const [after] = await children();
  expect(after).toMatchObject({ executionArn: before?.executionArn, status: 'SUCCEEDED', redriveCount: 1 });
  expect(await t.typesOf(after?.executionArn ?? '')).toEqual([
    'ExecutionStarted',
    'TaskStateEntered',
    'TaskScheduled',
    'TaskStarted',
    'TaskFailed',
    'ExecutionFailed',
    'ExecutionRedriven',
    'TaskScheduled',
    'TaskStarted',
    'TaskSucceeded',
    'TaskStateExited',
    'ExecutionSucceeded',
  ]);
});

test('killed in the middle of a redrive, it goes on: nothing that is done runs once more', async () => {
  const needs = missing();
  const items = Array.from({ length: 12 }, (_, n) => ({ n, needs, waitMs: 60 }));
  const arn = await t.start(mapMachine({ ItemsPath: '$', ToleratedFailureCount: 11 }, t.lambdaTask()), items);
  await t.ended(arn);
  writeFileSync(needs, '');
  await redrive(arn);
  await expect.poll(async () => (await t.mapRunOf(arn)).executionCounts?.succeeded).toBeGreaterThan(2);
  await t.runtime.end('SIGKILL');
  await t.runtime.start();
  expect(await t.outputOf(arn)).toEqual(items);
  const { mapRunArn, ...mapRun } = await t.mapRunOf(arn);
  expect(mapRun).toMatchObject({ redriveCount: 1, itemCounts: { succeeded: 12, failed: 0, pendingRedrive: 0 } });
  const { executions } = await t.sfn().send(new ListExecutionsCommand({ mapRunArn, redriveFilter: 'REDRIVEN' }));
  expect(executions?.map(({ redriveCount }) => redriveCount)).toEqual(items.map(() => 1));
  const types = await t.typesOf(executions?.[0]?.executionArn ?? '');
  expect(types.filter((type) => type === 'ExecutionRedriven')).toHaveLength(1);
});

test('without a map run: the failed state runs again', async () => {
  const needs = missing();
  const arn = await t.start({ StartAt: 'T', States: { T: t.lambdaTask() } }, { needs });
  expect(await t.ended(arn)).toMatchObject({ status: 'FAILED', error: 'NotYet' });
  writeFileSync(needs, '');
  await redrive(arn);
  expect(await t.outputOf(arn)).toEqual({ needs });
  expect(await t.sfn().send(new ListMapRunsCommand({ executionArn: arn }))).toMatchObject({ mapRuns: [] });
});
