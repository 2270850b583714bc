import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { partitionChunks } from '../../../lib/domain/sky/partition.ts';
import { openSky } from '../../../lib/domain/sky/sample.ts';

/**
 * Writes the three sets that train.py reads: `node export-training-data.ts FOLDER [samples to train on]`.
 * Each has its own seed, and none is the seed of a demo dataset, so no galaxy is in two of them.
 */
const [folder, samples = '40000'] = process.argv.slice(2);
if (!folder || !(Number(samples) > 0)) {
  console.error('usage: node export-training-data.ts FOLDER [samples to train on, 40000]');
  process.exit(2);
}

const sets = [
  { name: 'train', seed: 9001, samples: Number(samples) },
  { name: 'validation', seed: 9002, samples: 5000 },
  { name: 'test', seed: 9003, samples: 20000 },
];

mkdirSync(folder, { recursive: true });
for (const set of sets) {
  const file = join(folder, `${set.name}.safetensors`);
  await pipeline(Readable.from(partitionChunks(openSky(set.seed), 0, set.samples)), createWriteStream(file));
  console.log(`${file}: ${set.samples} samples, seed ${set.seed}`);
}
