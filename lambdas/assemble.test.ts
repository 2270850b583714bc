import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRuntimeProcess } from '../infra/local/runtime.fixture.ts';
import { type Connection, onConnection } from '../lib/connection.ts';
import { installModel } from '../lib/server/install-model.ts';
import { makeDataset } from '../lib/server/make-dataset.ts';

// There is no Docker here: the steps of the image's Dockerfile are run as they stand, in a folder that holds what it
// copies, and the local runtime runs what they leave by the protocol that Lambda's own images speak.

const DOCKERFILE = 'infra/cdk/inference-image/Dockerfile';
/** `e_machine` of an ELF file (its specification, table of machines). */
const MACHINE = { arm64: 183, x86_64: 62 };
/** What the image may be, and what AWS's base image with Node takes of it at most, MB. */
const IMAGE_MB = 350;
const BASE_IMAGE_MB = 295;

const source = mkdtempSync(path.join(tmpdir(), 'starmap-image-'));
afterAll(() => rmSync(source, { recursive: true, force: true }));

/** Instructions of the Dockerfile, in order, without comments and continuations. */
const instructions = readFileSync(DOCKERFILE, 'utf8')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'));
const buildStage = instructions.slice(
  0,
  instructions.findLastIndex((line) => line.startsWith('FROM')),
);

/** Runs the build stage for an architecture, `npm ci` left out: its node_modules is ours. @returns what it made. */
function runBuildStage(targetArch: 'arm64' | 'amd64'): string {
  for (const line of buildStage) {
    const [instruction, ...words] = line.split(/\s+/);
    if (instruction === 'COPY')
      for (const from of words.slice(0, -1)) {
        const to = words.at(-1) === './' ? from : (words.at(-1) ?? '');
        cpSync(from, path.join(source, to), { recursive: true });
      }
    if (instruction === 'RUN' && !line.includes('npm ci'))
      execFileSync('sh', ['-c', words.join(' ')], {
        cwd: source,
        env: {
          NODE_ENV: 'production',
          PATH: `${path.dirname(process.execPath)}:${process.env.PATH}`,
          TARGETARCH: targetArch,
        },
      });
  }
  return path.join(source, 'dist/function');
}

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(path.join(folder, file)).isFile(),
  );

beforeAll(() => symlinkSync(path.resolve('node_modules'), path.join(source, 'node_modules')));

test('the build stage installs from the lock file, without scripts; base images are of one Node', () => {
  expect(buildStage.filter((line) => line.includes('npm ')).join()).toContain('npm ci --omit=dev --ignore-scripts');
  expect(buildStage.some((line) => /^COPY .*package-lock\.json/.test(line))).toBe(true);
  const bases = instructions.filter((line) => line.startsWith('FROM'));
  expect(bases).toHaveLength(2);
  for (const base of bases) expect(base).toMatch(/node(js)?:24(-slim)?( |$)/);
});

test.each([
  ['arm64', 'arm64'],
  ['amd64', 'x86_64'],
] as const)(
  'for %s it leaves native code of that architecture only, within the size of the image',
  (target, machine) => {
    const folder = runBuildStage(target);
    const files = filesIn(folder);
    const native = files.filter((file) => /\.(node|so)(\.|$)/.test(file));
    expect(native.map((file) => path.basename(file)).sort()).toEqual([
      'libonnxruntime.so.1',
      'onnxruntime_binding.node',
    ]);
    for (const file of native) expect(elfMachine(path.join(folder, file)), file).toBe(MACHINE[machine]);
    const packages = new Set(files.map((file) => /^node_modules\/([^/]+)/.exec(file)?.[1]).filter(Boolean));
    expect([...packages]).toEqual(['onnxruntime-node']);
    const megabytes = files.reduce((bytes, file) => bytes + statSync(path.join(folder, file)).size, 0) / 1e6;
    expect(megabytes).toBeLessThan(IMAGE_MB - BASE_IMAGE_MB);
    // Lambda's user is none of ours.
    for (const file of files) expect(statSync(path.join(folder, file)).mode & 0o444, file).toBe(0o444);
  },
);

test.skipIf(process.platform !== 'linux')(
  'what it leaves for this architecture runs an item, and reads HDF5',
  async () => {
    const functions = path.join(source, 'functions');
    for (const name of ['initialize', 'summarize'])
      cpSync(`dist/lambdas/${name}`, path.join(functions, name), { recursive: true });
    cpSync(runBuildStage(process.arch === 'arm64' ? 'arm64' : 'amd64'), path.join(functions, 'inference'), {
      recursive: true,
    });
    const runtime = await startRuntimeProcess({ functions });
    try {
      const { bucket, functions: deployed } = runtime.connection();
      const place = { ...runtime.connection(), kind: 'local', label: 'Local', logGroups: {}, defaultMemoryMb: 2048 };
      await onConnection(place as unknown as Connection, async () => {
        await installModel('lambdas/models/photoz', { bucket, prefix: 'models/photoz' });
        const sizes = { sizeBytes: 250_000, partitionSizeBytes: 250_000 };
        await makeDataset({ bucket, prefix: 'datasets/one', ...sizes, seed: 1, overwrite: true });
      });
      const s3 = new S3Client({ ...runtime.client(), forcePathStyle: true });
      const Body = readFileSync('lambdas/testdata/formats/galaxies.h5');
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'datasets/h5/1.h5', Body }));
      const event = {
        rank: 0,
        run: {
          id: 'one',
          execution_arn: 'arn:aws:states:us-east-1:000000000000:execution:starmap:one',
          bucket,
          result_path: 'results/one',
          map_prefix: 'results/one/map',
          model: { bucket, prefix: 'models/photoz' },
          batch_size: 64,
          world_size: 1,
          data_bucket: bucket,
          data_prefix: 'datasets/one',
          memory_mb: 2048,
          warnings: [],
        },
        function: deployed.inference['2048'],
      };
      const invoke = async (prefix: string) => {
        const listed = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
        const [{ Key: key, Size: size_bytes, ETag: etag } = {}] = listed.Contents ?? [];
        const Payload = JSON.stringify({ ...event, partitions: [{ bucket, key, size_bytes, etag }] });
        const { Payload: answer } = await new LambdaClient(runtime.client()).send(
          new InvokeCommand({ FunctionName: deployed.inference['2048'], Payload }),
        );
        return JSON.parse(Buffer.from(answer ?? []).toString());
      };
      const predictions_key = 'results/one/predictions/0.parquet';
      expect(await invoke('datasets/one/1.')).toMatchObject({ rank: 0, samples: 12, predictions_key });
      // It is for another model: what is in it is known.
      const errorMessage = expect.stringMatching(
        /1\.h5: no tensor magnitude .* the file has: flux, id, image, redshift/,
      );
      expect(await invoke('datasets/h5/')).toMatchObject({ errorType: 'ModelMismatch', errorMessage });
    } finally {
      await runtime.remove();
    }
  },
  60_000,
);

function elfMachine(file: string): number {
  const head = readFileSync(file).subarray(0, 20);
  expect(head.toString('latin1', 0, 4)).toBe('\x7fELF');
  return head.readUInt16LE(18);
}
