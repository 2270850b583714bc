import { launchForm } from '../domain/experiment.ts';
import type { RunSettings } from '../domain/run.ts';
import type { insertExperiment } from './experiments.ts';

const form = launchForm.parse({
  name: 'Batch size',
  datasets: ['b/datasets/d'],
  dataSizesBytes: [null],
  batchSizes: [32, 64],
  model: 'b/models/m',
  memoriesMb: [2048],
  maxConcurrency: 0,
  repeats: 1,
});
export const settings = (batchSize: number): RunSettings => ({
  datasetId: 'b/datasets/d',
  dataBucket: 'b',
  dataPrefix: 'datasets/d',
  partitionSizeBytes: 25e6,
  partitions: 400,
  // More than 32 bits hold.
  dataBytes: 10_000_000_001,
  dataSizeBytes: 10e9,
  samples: 500_000,
  batchSize,
  memoryMb: 2048,
  maxConcurrency: 0,
  worldSize: null,
  toleratedFailurePercentage: 0,
  modelId: 'b/models/m',
  repeat: 1,
});

/** Arguments of `insertExperiment`: runs of three items each, with batch sizes 32, 64, … */
export function newExperiment(id: string, runIds: string[], createdAt: Date): Parameters<typeof insertExperiment> {
  return [
    { id, form, createdAt },
    runIds.map((runId, i) => ({
      id: runId,
      label: `batch ${32 << i}`,
      settings: settings(32 << i),
      input: {
        bucket: 'b',
        batch_size: 32 << i,
        S3_object_name: 'models/m',
        result_path: `results/${id}/${runId}`,
        data_bucket: 'b',
        data_prefix: 'datasets/d',
      },
      resultBucket: 'b',
      resultPath: `results/${id}/${runId}`,
      items: 3,
    })),
  ];
}
