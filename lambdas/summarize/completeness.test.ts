import { afterAll, expect, test } from 'vitest';
import { startHandlers } from '../handlers.fixture.ts';

const { stop, put, putDataset, runAll, summaryOf } = await startHandlers();
afterAll(stop);

test('a run over files that hold other numbers of samples than dataset.json tells says why it is not complete', async () => {
  const data = await putDataset('galaxies.safetensors', 'galaxies.safetensors');
  const manifest = {
    version: 1,
    name: 'galaxies',
    format: 'safetensors',
    samples: 2_007,
    bytes: 2_600,
    partition_size_bytes: 1_300,
    partitions: [7, 2_000].map((samples, i) => ({ file: `${i + 1}.safetensors`, samples, bytes: 1_300 })),
    tensors: [],
    made_by: {},
    created_at: '',
  };
  await put(`${data}/dataset.json`, JSON.stringify(manifest));
  expect(await summaryOf(await runAll(data))).toMatchObject({
    completeness: { complete: false, missing: [] },
    warnings: [
      'The files hold 14 samples, dataset.json tells of 2,007: the run counts as incomplete. Split the data again, or delete dataset.json if the files are right.',
    ],
  });
});
