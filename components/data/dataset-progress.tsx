import { Button } from '@mantine/core';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { LinkButton } from '@/components/ui/link-button.tsx';
import { ProgressBar } from '@/components/ui/progress.tsx';
import { formatBytes } from '@/lib/domain/format.ts';
import type { DatasetJob } from './dataset-job.ts';

/** How far the server is with a dataset, and what became of it. */
export function DatasetProgress({ job, onStop }: { job: DatasetJob; onStop: () => void }) {
  if (job.state === 'failed')
    return (
      <ErrorPanel title={`${job.id} could not be made`}>
        {job.problem} What was written so far is replaced when you make it again.
      </ErrorPanel>
    );
  if (job.state === 'stopped')
    return (
      <p role="status" style={{ margin: 0 }}>
        {job.id} was stopped. Nothing of it was kept.
      </p>
    );
  const done = job.state === 'done';
  return (
    <div role="status">
      <p style={{ margin: '0 0 6px' }}>
        {done ? `${job.id} is ready: ` : `Making ${job.id}: ${formatBytes(job.bytesDone)} of `}
        {formatBytes(job.bytes)}.
      </p>
      {done ? (
        <LinkButton href={`/launch?dataset=${encodeURIComponent(job.id)}`} size="xs">
          Launch on it
        </LinkButton>
      ) : (
        <>
          <ProgressBar
            parts={[{ tone: 'running', word: 'written', count: job.bytesDone }]}
            total={job.bytes}
            noun="byte"
            label={`Making ${job.id}`}
          />
          <Button mt="sm" size="xs" variant="default" onClick={onStop} disabled={job.state === 'stopping'}>
            {job.state === 'stopping' ? 'Stopping …' : 'Stop'}
          </Button>
        </>
      )}
    </div>
  );
}
