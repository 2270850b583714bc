import * as z from 'zod';
import { isPrefix } from '../keys.ts';
import { partitionBytes } from './partition.ts';

/** More files than this in one run would be a mistake in a unit, not a dataset. */
const mostPartitions = 100_000;
const smallestBytes = partitionBytes(1);

const size = (what: string) =>
  z
    .number({ error: `${what} must be a number of bytes.` })
    .int(`${what} must be a whole number of bytes.`)
    .min(smallestBytes, `${what} must be at least ${smallestBytes} bytes: one sample with its file header.`);

/** What to simulate and where to put it. Sizes in bytes; 1 MB is 1,000,000 bytes. */
export const datasetRequest = z
  .object({
    bucket: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
        'A bucket name is 3 to 63 lower-case letters, digits, dots or hyphens.',
      ),
    prefix: z.string().refine(isPrefix, 'A name has no spaces and begins with no dot, such as sdss-100MB.'),
    /** Upper limit of the sum of all partition files. */
    sizeBytes: size('The data size'),
    /** Upper limit of each partition file. */
    partitionSizeBytes: size('The partition size'),
    seed: z.number().int('The seed must be a whole number.').min(0, 'The seed must not be negative.').default(1),
    /** Replace a dataset that is already there. */
    overwrite: z.boolean().default(false),
  })
  .refine(({ sizeBytes, partitionSizeBytes }) => sizeBytes / partitionSizeBytes <= mostPartitions, {
    path: ['partitionSizeBytes'],
    error: `This makes more than ${mostPartitions.toLocaleString('en')} partitions. Choose larger partitions or less data.`,
  });
export type DatasetRequest = z.infer<typeof datasetRequest>;
/** As callers write it: seed and overwrite may be left out. */
export type DatasetRequestInput = z.input<typeof datasetRequest>;
