import { expect, test } from 'vitest';
import { chooseFunction } from './function-choice.ts';
import { parseInput } from './input.ts';

/** The published payload, as users paste it into the AWS console. */
const published = {
  bucket: 'cosmicai-data',
  file_limit: '11',
  batch_size: 512,
  object_type: 'folder',
  S3_object_name: 'Anomaly Detection',
  script: '/tmp/Anomaly Detection/Inference/inference.py',
  result_path: 'result-partition-100MB/1GB/1',
  data_bucket: 'cosmicai-data',
  data_prefix: '100MB',
};
const execution = { arn: 'arn:x', name: 'x', start_time: '2026-11-23T00:00:00Z' };
const parse = (changes: Record<string, unknown>) => parseInput({ input: { ...published, ...changes }, execution });

test('the published payload is accepted as it is, and says what has no effect', () => {
  const { input, warnings } = parse({});
  expect(input).toMatchObject({ file_limit: 11, batch_size: 512, S3_object_name: 'Anomaly Detection' });
  expect(warnings).toEqual([
    'script "/tmp/Anomaly Detection/Inference/inference.py" is not used: the model package decides how the data is read and the model is run.',
  ]);
});

test('every bad field is named, with what was given and what to do', () => {
  const attempt = () => parse({ batch_size: 'many', bucket: undefined, world_size: 0 });
  expect(attempt).toThrow(expect.objectContaining({ name: 'InvalidInput' }));
  expect(attempt).toThrow(
    /batch_size: must be a whole number from 1 to 100,000, not "many"; give the samples per batch/,
  );
  expect(attempt).toThrow(/bucket: is missing; give the bucket/);
  expect(attempt).toThrow(/world_size: must be a whole number from 1 to 10,000,000, not 0; leave it out/);
});

test('results inside the data folder are refused, beside it they are not', () => {
  expect(() => parse({ result_path: '100MB/results' })).toThrow(
    /result_path: "100MB\/results" lies in the data folder/,
  );
  expect(() => parse({ result_path: '100MB-results/1' })).not.toThrow();
});

test('a misspelt field does not pass in silence', () => {
  expect(parse({ batchsize: 5 }).warnings).toContainEqual('Unknown fields of the input have no effect: batchsize.');
});

test('a memory size that is not deployed is refused with those that are', () => {
  const env = { INFERENCE_FUNCTIONS: '{"1024":"arn:a","2048":"arn:b"}', DEFAULT_MEMORY_MB: '2048' };
  expect(chooseFunction(undefined, env)).toEqual({ memoryMb: 2048, arn: 'arn:b' });
  expect(chooseFunction(1024, env)).toEqual({ memoryMb: 1024, arn: 'arn:a' });
  expect(() => chooseFunction(1500, env)).toThrow(
    /no inference function with 1500 MB is deployed; choose one of 1024, 2048/,
  );
});
