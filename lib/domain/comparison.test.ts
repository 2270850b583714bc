import { expect, test } from 'vitest';
import { type ComparedRun, comparedValue, withModels } from './comparison.ts';

const run = (modelId: string, modelVersion?: string | null) =>
  ({ settings: { modelId }, measures: { modelVersion } }) as ComparedRun;
const models = (...runs: ComparedRun[]) => withModels(runs).map((each) => comparedValue(each, 'modelId'));

test('a model that was replaced under its name is two models', () => {
  const before = run('b/models/m', '0123456789abcdef');
  const after = run('b/models/m', 'fedcba9876543210');
  expect(models(before, before, after)).toEqual([
    'b/models/m (01234567)',
    'b/models/m (01234567)',
    'b/models/m (fedcba98)',
  ]);
});

test('the version is told only of a model that has several', () => {
  const other = run('b/models/other', '00000000');
  expect(models(run('b/models/m', '0123456789'), run('b/models/m', '0123456789'), other)).toEqual([
    'b/models/m',
    'b/models/m',
    'b/models/other',
  ]);
});

test('runs whose records do not tell the version are not taken for repeats of those that do', () => {
  expect(models(run('b/models/m'), run('b/models/m', null))).toEqual(['b/models/m', 'b/models/m']);
  expect(models(run('b/models/m'), run('b/models/m', '0123456789'))).toEqual([
    'b/models/m (version not recorded)',
    'b/models/m (01234567)',
  ]);
});
