import { expect, test } from 'vitest';
import { advanceStates, type ProgressEvent } from './state-progress.ts';

const event = (second: number, type: string, state: string | null = null): ProgressEvent => ({
  type,
  at: `2026-11-23T10:00:0${second}.000Z`,
  state,
});
const statuses = (events: ProgressEvent[]) =>
  Object.fromEntries(Object.entries(advanceStates({}, events)).map(([name, { status }]) => [name, status]));

test('a run on its way, read in two pieces', () => {
  const first = advanceStates({}, [
    event(0, 'ExecutionStarted'),
    event(1, 'TaskStateEntered', 'Initialize'),
    event(1, 'TaskScheduled'),
  ]);
  expect(first.Initialize).toEqual({ status: 'RUNNING', enteredAt: '2026-11-23T10:00:01.000Z', exitedAt: null });
  const then = advanceStates(first, [
    event(2, 'TaskSucceeded'),
    event(2, 'TaskStateExited', 'Initialize'),
    event(3, 'MapStateEntered', 'Infer'),
    event(3, 'MapStateStarted'),
    event(3, 'MapRunStarted'),
  ]);
  expect(then.Initialize).toMatchObject({ status: 'SUCCEEDED', exitedAt: '2026-11-23T10:00:02.000Z' });
  expect(then.Infer?.status).toBe('RUNNING');
});

test('a caught failure stays one, and the Fail state is red', () => {
  expect(
    statuses([
      event(1, 'MapStateEntered', 'Infer'),
      event(2, 'MapRunFailed'),
      event(2, 'MapStateFailed'),
      event(2, 'MapStateExited', 'Infer'),
      event(3, 'TaskStateEntered', 'SummarizeWhatIsThere'),
      event(4, 'TaskSucceeded'),
      event(4, 'TaskStateExited', 'SummarizeWhatIsThere'),
      event(5, 'FailStateEntered', 'InferFailed'),
      event(5, 'ExecutionFailed'),
    ]),
  ).toEqual({ Infer: 'FAILED', SummarizeWhatIsThere: 'SUCCEEDED', InferFailed: 'FAILED' });
});

test('a retry that succeeds is no failure', () => {
  expect(
    statuses([
      event(1, 'TaskStateEntered', 'Initialize'),
      event(1, 'TaskFailed'),
      event(2, 'TaskScheduled'),
      event(3, 'TaskSucceeded'),
      event(3, 'TaskStateExited', 'Initialize'),
    ]),
  ).toEqual({ Initialize: 'SUCCEEDED' });
});

test('stopped in the middle', () => {
  expect(statuses([event(1, 'MapStateEntered', 'Infer'), event(2, 'ExecutionAborted')])).toEqual({ Infer: 'ABORTED' });
});
