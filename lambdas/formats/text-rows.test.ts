import { expect, test } from 'vitest';
import { type ModelInput, modelPackage } from '../../lib/domain/model-package.ts';
import { bindFeeds } from '../inference/feed.ts';
import { modelGraph } from '../inference/model-graph.fixture.ts';
import { layOutTable } from '../inference/predictions.ts';
import { bytesSource, joined } from './bytes-source.ts';
import { openPartition } from './open-partition.ts';
import type { PartitionTensor } from './partition.ts';

const csv = 'name,x,z\nNGC 1300,1,0.5\n"M 31, é",2,0.1\n,3,?\n';
const open = () => openPartition(bytesSource('1.csv', Buffer.from(csv)));
const manifest = (truth: object[]) =>
  modelPackage.parse({
    version: 1,
    name: 'm',
    onnx: 'm.onnx',
    id: 'name',
    inputs: [{ name: 'x', tensor: 'x' }],
    outputs: [{ name: 'y', column: 'y' }],
    truth,
  });
const outputs = { y: { type: 'float32', data: Float32Array.of(7, 8, 9), shape: [3, 1] } };
const run = { execution_arn: 'arn' };

test('names of samples are in the predictions as text', async () => {
  const partition = await open();
  const { tensors } = partition;
  const table = layOutTable('1.csv', run, manifest([]), partition, outputs);
  expect(table.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    'source STRING',
    'row INT32',
    'id STRING',
    'y FLOAT',
  ]);
  const names = await joined((tensors.get('name') as PartitionTensor).bytes());
  const batch = { start: 0, count: 3, feeds: {}, columns: new Map([['name', names]]) };
  expect(table.rows('1.csv', batch, outputs)[2]).toEqual(['NGC 1300', 'M 31, é', '']);
});

test('text is no truth and no input: the value that made it text is named', async () => {
  const partition = await open();
  const { tensors } = partition;
  const withTruth = manifest([{ column: 'y', tensor: 'z' }]);
  expect(() => layOutTable('1.csv', run, withTruth, partition, outputs)).toThrow(
    '1.csv: truth of y: tensor z is text ("?" in row 2 is no number), and a truth is a number; store it as numbers',
  );
  const session = modelGraph({ x: { type: 'float32', shape: ['n'] } }, ['y']);
  const bind = () =>
    bindFeeds(
      '1.csv',
      [{ input: manifest([]).inputs[0] as ModelInput, tensor: tensors.get('z') as PartitionTensor }],
      session,
    );
  expect(bind).toThrow('1.csv: tensor z is text ("?" in row 2 is no number), model input x takes numbers');
});
