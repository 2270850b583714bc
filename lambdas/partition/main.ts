import { type PartitionEvent, partitionEvent, partitionRequest } from '../../lib/domain/partition-job.ts';
import { Failure } from '../failure.ts';
import { accountOf, openS3 } from '../s3/client.ts';
import { openDownloads } from '../s3/objects.ts';
import { plainObjects } from '../s3/plain-objects.ts';
import { openRequestMeter } from '../s3/request-meter.ts';
import { sdkObjects } from '../s3/sdk-objects.ts';
import { partitionDataset } from './partition-dataset.ts';
import { Refusal } from './refusal.ts';

// Splits a data file or folder into a dataset, in a process of its own, and says how far it is, a line of JSON each
// (lib/domain/partition-job.ts): node lambdas/partition/main.ts '{"source": {"path": "…"}, …}'
// It stops, in a state that the next run continues, at a signal and when its standard input ends: with who started it.

const EVERY_MS = 200;
const MB = 1e6;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
process.stdin.on('end', () => stop.abort()).resume();
process.stdout.on('error', () => stop.abort());

const request = partitionRequest.parse(JSON.parse(process.argv[2] ?? 'null'));
const s3 = openS3();
const objects = plainObjects(accountOf(s3), openRequestMeter(), async () => sdkObjects(s3));
let latest = { partitionsDone: 0, partitions: 0 };
let phase = '';
let saidMs = 0;

const event = await partitionDataset(request, {
  s3,
  startDownload: openDownloads(objects),
  signal: stop.signal,
  now: () => new Date(),
  onProgress(progress) {
    if (progress.phase !== 'scan') latest = progress;
    const isLast = progress.bytesDone >= progress.bytes;
    if (performance.now() - saidMs < EVERY_MS && progress.phase === phase && !isLast) return;
    phase = progress.phase;
    saidMs = performance.now();
    say({ event: 'progress', ...progress });
  },
}).then(
  (report): PartitionEvent => ({
    event: 'done',
    ...report,
    peakRssMb: (process.resourceUsage().maxRSS * 1024) / MB,
  }),
  (error: unknown): PartitionEvent => {
    if (stop.signal.aborted) return { event: 'stopped', ...latest };
    if (error instanceof Refusal) return { event: 'failed', field: error.field, message: error.says };
    if (error instanceof Failure) return { event: 'failed', field: '', message: [error.message] };
    throw error;
  },
);
process.stdout.write(`${JSON.stringify(partitionEvent.parse(event))}\n`, () => process.exit(0));

function say(progress: PartitionEvent): void {
  process.stdout.write(`${JSON.stringify(progress)}\n`);
}
