import * as z from 'zod';
import { plainId } from './keys.ts';
import { MAX_BATCH_SIZE } from './run-input.ts';

/** Most runs one experiment may own: a guard against a typing slip, not a technical limit. */
export const MAX_RUNS = 500;

const integer = (name: string, min: number, max: number) => {
  const message = `${name} must be a whole number from ${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}`;
  return z.number({ error: message }).int(message).min(min, message).max(max, message);
};

const id = (message: string) =>
  z
    .string()
    .overwrite(plainId)
    .regex(/^[^/]+\/.+$/, message);

/**
 * What a user fills in to launch. A sweep is the product of datasets x dataSizes x batchSizes x memoriesMb, each
 * repeated. Schema and type are shared by the form, the server action and the CLI.
 */
export const launchForm = z.object({
  name: z.string().trim().min(1, 'Give the experiment a name').max(120, 'Name must be at most 120 characters'),
  question: z.string().trim().max(500, 'Question must be at most 500 characters').default(''),
  /** `<bucket>/<prefix>` of each dataset (one per partition size). */
  datasets: z.array(id('Choose a dataset')).min(1, 'Choose at least one dataset'),
  /** How much of each dataset, bytes; null = all of it. Rounded up to whole partitions. */
  dataSizesBytes: z
    .array(z.number().int().positive('Data size must be above 0').nullable())
    .min(1, 'Choose how much of the data'),
  batchSizes: z.array(integer('Batch size', 1, MAX_BATCH_SIZE)).min(1, 'Give at least one batch size'),
  /** `<bucket>/<prefix>` of the model package. */
  model: id('Choose a model'),
  memoriesMb: z.array(integer('Memory', 128, 10_240)).min(1, 'Choose the memory of the function'),
  /** Most child executions at once; 0 = no limit but AWS's 10,000. */
  maxConcurrency: integer('Concurrency', 0, 10_000),
  /** Jobs to spread the partitions over; null = one job per partition. */
  worldSize: integer('Workers', 1, 10_000_000).nullable().default(null),
  toleratedFailurePercentage: z
    .number()
    .min(0, 'Tolerated failures must be 0 to 100 %')
    .max(100, 'Tolerated failures must be 0 to 100 %')
    .default(0),
  repeats: integer('Repeats', 1, 50),
});
export type LaunchForm = z.infer<typeof launchForm>;
export type LaunchFormInput = z.input<typeof launchForm>;
