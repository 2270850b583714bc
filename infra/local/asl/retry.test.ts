import { describe, expect, it } from 'vitest';
import { matches, retryDelayMs } from './retry.ts';
import { type Retrier, StatesError } from './types.ts';

describe('ErrorEquals', () => {
  it.each<[string[], string, boolean]>([
    [['A'], 'A', true],
    [['A'], 'B', false],
    [['A', 'B'], 'B', true],
    [['States.ALL'], 'Anything', true],
    [['States.ALL'], 'States.Timeout', true],
    [['States.ALL'], 'States.QueryEvaluationError', true],
    [['States.ALL'], 'States.DataLimitExceeded', false],
    [['States.ALL'], 'States.Runtime', false],
    [['States.DataLimitExceeded'], 'States.DataLimitExceeded', true],
    [['States.TaskFailed'], 'Custom', true],
    [['States.TaskFailed'], 'States.Timeout', false],
    [['States.TaskFailed'], 'States.HeartbeatTimeout', false],
    [['States.TaskFailed'], 'States.DataLimitExceeded', false],
    [['States.TaskFailed'], 'States.Runtime', false],
    [['States.Timeout'], 'States.Timeout', true],
    [['States.Timeout'], 'States.HeartbeatTimeout', true],
    [['States.HeartbeatTimeout'], 'States.Timeout', false],
  ])('%j for %s: %s', (ErrorEquals, error, expected) => {
    expect(matches({ ErrorEquals }, new StatesError(error, ''))).toBe(expected);
  });
});

describe('the delay before a retry', () => {
  const delays = (retrier: Partial<Retrier>, random = 0.5) =>
    [1, 2, 3, 4, 5].map((attempt) => retryDelayMs({ ErrorEquals: ['E'], ...retrier }, attempt, () => random));

  it.each<[string, Partial<Retrier>, (number | undefined)[]]>([
    ['defaults', {}, [1000, 2000, 4000, undefined, undefined]],
    ['none', { MaxAttempts: 0 }, [undefined, undefined, undefined, undefined, undefined]],
    [
      'interval and rate',
      { IntervalSeconds: 3, BackoffRate: 1.5, MaxAttempts: 2 },
      [3000, 4500, undefined, undefined, undefined],
    ],
    ['rate 1', { BackoffRate: 1, MaxAttempts: 5 }, [1000, 1000, 1000, 1000, 1000]],
    ['no interval', { IntervalSeconds: 0, MaxAttempts: 1 }, [0, undefined, undefined, undefined, undefined]],
    ['most', { MaxDelaySeconds: 5, MaxAttempts: 9 }, [1000, 2000, 4000, 5000, 5000]],
    ['full jitter', { JitterStrategy: 'FULL', MaxDelaySeconds: 5, MaxAttempts: 9 }, [500, 1000, 2000, 2500, 2500]],
    ['no jitter', { JitterStrategy: 'NONE', MaxAttempts: 1 }, [1000, undefined, undefined, undefined, undefined]],
  ])('%s', (_, retrier, expected) => {
    expect(delays(retrier)).toEqual(expected);
  });
});
