import { connection } from '../connection.ts';
import { formatBytes, formatDuration, plural } from '../domain/format.ts';
import { toPartitionRequest } from '../domain/partition-form.ts';
import type { PartitionForm, PartitionProgress, PartitionReport, PartitionRequest } from '../domain/partition-job.ts';
import { partitionDataset } from '../server/partition-dataset.ts';
import { accepted } from './accepted.ts';
import { progressBar } from './progress-bar.ts';

interface PartitionOptions extends Partial<Omit<PartitionForm, 'source'>> {
  json?: boolean;
}

const phases = { scan: 'Reading', write: 'Writing', verify: 'Verifying' } as const;

/** `starmap partition`: splits a data file or folder into a dataset. Ctrl-C leaves a state that the same command continues. */
export async function partition(source: string | undefined, options: PartitionOptions): Promise<void> {
  const form: PartitionForm = {
    source: source ?? '',
    out: options.out ?? '',
    size: options.size ?? '',
    samples: options.samples ?? '',
    format: options.format ?? '',
    tensors: options.tensors ?? '',
    overwrite: options.overwrite ?? false,
    verify: options.verify ?? false,
  };
  const request = accepted(toPartitionRequest(form, connection().bucket));
  const id = `${request.bucket}/${request.prefix}`;
  const stop = new AbortController();
  // The terminal sends it to the process that works, too; this one waits for what that says.
  const onSignal = () => stop.abort();
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const startedAt = performance.now();
  const outcome = accepted(await partitionDataset(request, { onProgress: bars(id), signal: stop.signal }));
  const seconds = (performance.now() - startedAt) / 1000;
  if (outcome.state === 'stopped') {
    const { partitionsDone, partitions } = outcome;
    const message = `Stopped with ${partitionsDone} of ${partitions || '?'} partitions in s3://${id}. Run the same command again to continue.`;
    console.error(`\n${message}`);
    if (options.json) console.log(JSON.stringify({ error: message }));
    process.exitCode = 130;
    return;
  }
  if (options.json) {
    const { state: _, ...report } = outcome;
    console.log(JSON.stringify({ id, bucket: request.bucket, prefix: request.prefix, seconds, ...report }));
    return;
  }
  for (const line of inWords(request, outcome, seconds)) console.log(line);
}

function inWords(request: PartitionRequest, report: PartitionReport, seconds: number): string[] {
  const { partitions, samples, bytes, format, written, bytesWritten, verified, notes, peakRssMb } = report;
  const { cut } = request;
  const size = cut && 'sizeBytes' in cut ? `, up to ${cut.text} = ${count(cut.sizeBytes)} bytes each` : '';
  const files = partitions === 1 ? `1.${format}` : `1.${format} … ${partitions}.${format}`;
  return [
    `s3://${request.bucket}/${request.prefix}: ${plural(partitions, 'partition')} (${files}${size}), ${plural(samples, 'sample')}, ${formatBytes(bytes)}`,
    ...(written > 0
      ? [
          `Wrote ${partitions === 1 ? 'it' : `${count(written)} of them`}, ${formatBytes(bytesWritten)}, in ${seconds.toFixed(1)} s with ${Math.round(peakRssMb)} MB of memory`,
        ]
      : []),
    ...(verified === null ? [] : [verifiedInWords(verified)]),
    ...notes,
  ];
}

/** A bar for each phase, with speed and time left of what this run does itself. */
function bars(id: string): (progress: PartitionProgress) => void {
  let phase: PartitionProgress['phase'] | undefined;
  let bar = progressBar('');
  let startMs = 0;
  let startBytes = 0;
  return (progress) => {
    const { bytesDone, bytes, partitionsDone, partitions } = progress;
    if (progress.phase !== phase) {
      phase = progress.phase;
      bar = progressBar(`${phases[phase]} s3://${id}`);
      startMs = performance.now();
      startBytes = bytesDone;
    }
    const elapsedMs = performance.now() - startMs;
    const rate = (bytesDone - startBytes) / elapsedMs;
    const left = rate > 0 ? `, ${formatDuration(Math.max(0, bytes - bytesDone) / rate)} left` : '';
    const speed = rate > 0 ? `, ${(rate / 1000).toFixed(0)} MB/s${left}` : '';
    const files = partitions > 0 ? `${partitionsDone} of ${plural(partitions, 'partition')}, ` : '';
    bar.update(bytes > 0 ? bytesDone / bytes : 0, `${files}${formatBytes(bytesDone)} of ${formatBytes(bytes)}${speed}`);
  };
}

const verifiedInWords = (partitions: number) =>
  partitions === 1
    ? 'Verified: it was read back and is as written'
    : `Verified: all ${count(partitions)} partitions were read back and are as written`;

const count = (value: number) => value.toLocaleString('en-US');
