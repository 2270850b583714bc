import { expect, test } from 'vitest';
import { countRuns, errorsByField, type LaunchValues, readValues, toValues } from './launch-values.ts';

const values: LaunchValues = {
  name: 'Batch size',
  question: '',
  datasets: ['starmap/datasets/sdss-5MB'],
  dataSizesBytes: ['25MB', 'all'],
  model: 'starmap/models/photoz',
  batchSizes: ['32', '512'],
  memoriesMb: ['2048 MB'],
  maxConcurrency: '0',
  worldSize: '',
  toleratedFailurePercentage: '5 %',
  repeats: '3',
};

test('what was typed becomes the form', () => {
  const { form, errors } = readValues(values);
  expect(errors).toEqual({});
  expect(form).toMatchObject({
    dataSizesBytes: [25_000_000, null],
    batchSizes: [32, 512],
    memoriesMb: [2048],
    worldSize: null,
    toleratedFailurePercentage: 5,
    repeats: 3,
  });
  expect(countRuns(values)).toBe(12);
});

test.each([
  ['0', '"0": Batch size must be a whole number from 1 to 100,000'],
  ['1000000000', '"1000000000": Batch size must be a whole number from 1 to 100,000'],
  ['abc', '"abc" is not a whole number: write 1 to 100,000, such as 128'],
  ['12.5', '"12.5" is not a whole number: write 1 to 100,000, such as 128'],
])('batch size %s', (typed, message) => {
  expect(readValues({ ...values, batchSizes: ['32', typed] }).errors).toEqual({ batchSizes: message });
});

test('each wrong field has its own message', () => {
  const { errors } = readValues({
    ...values,
    name: ' ',
    datasets: [],
    dataSizesBytes: ['lots'],
    maxConcurrency: '',
    worldSize: '0',
    toleratedFailurePercentage: 'half',
    repeats: '51',
  });
  expect(Object.keys(errors).sort()).toEqual(
    [
      'name',
      'datasets',
      'dataSizesBytes',
      'maxConcurrency',
      'worldSize',
      'toleratedFailurePercentage',
      'repeats',
    ].sort(),
  );
  expect(errors.toleratedFailurePercentage).toBe('"half" is not a share: write 0 to 100 %');
});

test('a sweep is counted where all of its values are right', () => {
  const sweep = {
    ...values,
    datasets: ['b/a', 'b/c'],
    dataSizesBytes: ['all'],
    batchSizes: ['64', '128'],
    repeats: '3',
  };
  expect(countRuns({ ...sweep, memoriesMb: ['2048'] })).toBe(12);
  for (const wrong of [
    { repeats: '1e9' },
    { repeats: '-2' },
    { batchSizes: ['64', '0'] },
    { dataSizesBytes: ['lots'] },
  ])
    expect(countRuns({ ...sweep, ...wrong }), JSON.stringify(wrong)).toBe(0);
});

test('a form that was sent can be typed again', () => {
  const { form } = readValues(values);
  const again = toValues({ question: '', worldSize: null, toleratedFailurePercentage: 0, ...form });
  expect(readValues(again).form).toEqual(form);
  expect(toValues({ ...again, ...form, dataSizesBytes: [79_803_112] } as never).dataSizesBytes).toEqual(['79803112B']);
});

test('server errors are brought to their field', () => {
  expect(errorsByField({ 'batchSizes.1': 'too large', form: 'other', model: 'gone' })).toEqual({
    batchSizes: 'too large',
    model: 'gone',
  });
});
