import { Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { LinkButton } from '@/components/ui/link-button.tsx';
import { ProgressBar } from '@/components/ui/progress.tsx';
import { formatBytes, formatDuration, plural } from '@/lib/domain/format.ts';
import type { ListedUnfinished, PartitionReport } from '@/lib/domain/partition-job.ts';
import { DiscardButton } from './discard-button.tsx';
import type { PartitionActions, PartitionJob } from './partition-job.ts';

interface Props {
  job: PartitionJob;
  /** What there is of it, where it is not whole. */
  unfinished: ListedUnfinished | undefined;
  discard: PartitionActions['discard'];
  onDiscarded: () => void;
  onStop: () => void;
  onContinue: () => void;
}

const words = { scan: 'Reading the source for', write: 'Writing', verify: 'Reading back' } as const;

/** How far a split is, with the way to stop it, or to go on where it stopped. */
export function PartitionProgressPanel({ job, unfinished, discard, onDiscarded, onStop, onContinue }: Props) {
  const { id, state, progress, report } = job;
  const proceed = (
    <Group gap="xs">
      <Button size="xs" onClick={onContinue}>
        Continue
      </Button>
      {unfinished && <DiscardButton dataset={unfinished} discard={discard} onDone={onDiscarded} />}
    </Group>
  );
  if (state === 'done' && report) return <Done id={id} report={report} />;
  if (state === 'failed') return <Failed job={job} action={proceed} />;
  if (state === 'stopped')
    return (
      <div role="status">
        <p style={{ margin: '0 0 8px' }}>
          Stopped{progress && ` with ${progress.partitionsDone} of ${plural(progress.partitions, 'partition')}`}. What
          was written is kept; {id} is listed when it is whole.
        </p>
        {proceed}
      </div>
    );
  return (
    <div role="status">
      <p style={{ margin: '0 0 6px' }}>{progress ? running(job) : `Opening the source for ${id} …`}</p>
      {progress && (
        <ProgressBar
          parts={[{ tone: 'running', word: 'done', count: progress.bytesDone }]}
          total={progress.bytes}
          noun="byte"
          label={`Splitting into ${id}`}
        />
      )}
      <Group mt="sm">
        <Button size="xs" variant="default" onClick={onStop} disabled={state === 'stopping'}>
          {state === 'stopping' ? 'Stopping …' : 'Stop'}
        </Button>
      </Group>
    </div>
  );
}

function Failed({ job: { id, problem, progress }, action }: { job: PartitionJob; action: ReactNode }) {
  // Nothing is written before the source was read, and what is read back is whole already.
  if (progress?.phase === 'verify') return <ErrorPanel title={`${id} is not as it was written`}>{problem}</ErrorPanel>;
  if (progress?.phase === 'scan') return <ErrorPanel title={`${id}: nothing was written`}>{problem}</ErrorPanel>;
  const kept = progress && `${progress.partitionsDone} of ${plural(progress.partitions, 'partition')}`;
  return (
    <ErrorPanel title={`${id} failed`} action={action}>
      {problem} What was written is kept{kept && ` (${kept})`}.
    </ErrorPanel>
  );
}

function running({ id, progress, bytesPerSecond }: PartitionJob): string {
  if (!progress) return '';
  const { phase, bytesDone, bytes, partitionsDone, partitions } = progress;
  const files = partitions > 0 ? `${partitionsDone} of ${plural(partitions, 'partition')}, ` : '';
  const left = bytesPerSecond
    ? `, ${formatBytes(bytesPerSecond)}/s, ${formatDuration((Math.max(0, bytes - bytesDone) / bytesPerSecond) * 1000)} left`
    : '';
  return `${words[phase]} ${id}: ${files}${formatBytes(bytesDone)} of ${formatBytes(bytes)}${left}`;
}

function Done({ id, report }: { id: string; report: PartitionReport }) {
  const { partitions, samples, bytes, format, verified, notes } = report;
  return (
    <div role="status">
      <p style={{ margin: '0 0 8px' }}>
        {id} is ready: {plural(partitions, 'partition')} (.{format}), {plural(samples, 'sample')}, {formatBytes(bytes)}.
        {verified !== null && ' Every byte was read back and is as it was written.'} {notes.join(' ')}
      </p>
      <Group gap="sm">
        <LinkButton href={`/launch?dataset=${encodeURIComponent(id)}`} size="xs">
          Launch on it
        </LinkButton>
        <LinkButton href={`/data/dataset?id=${encodeURIComponent(id)}`} size="xs" variant="default">
          Its partitions
        </LinkButton>
      </Group>
    </div>
  );
}
