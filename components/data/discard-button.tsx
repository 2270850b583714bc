'use client';

import { useRouter } from 'next/navigation';
import { DeleteButton } from '@/components/ui/delete-button.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { formatBytes, plural } from '@/lib/domain/format.ts';
import type { ListedUnfinished } from '@/lib/domain/partition-job.ts';
import type { PartitionActions } from './partition-job.ts';

interface Props {
  dataset: ListedUnfinished;
  disabled?: boolean;
  discard: PartitionActions['discard'];
  onDone?: () => void;
}

/** Deletes what there is of an unfinished dataset after saying how much that is. */
export function DiscardButton({ dataset, disabled = false, discard, onDone }: Props) {
  const router = useRouter();
  const { id, files, sizeBytes, writtenAt, form } = dataset;
  return (
    <DeleteButton
      size="xs"
      label="Discard"
      disabled={disabled}
      title="Discard this unfinished dataset?"
      confirm={`Discard ${plural(files, 'file')}`}
      failed="It was not discarded"
      remove={() => discard(id)}
      onDone={() => {
        onDone?.();
        router.refresh();
      }}
    >
      All that is written in s3://{id}/ goes: {plural(files, 'file')}, {formatBytes(sizeBytes)}, last written{' '}
      <RelativeTime at={writtenAt} />. If a terminal still writes it, stop that first. {form.source} stays as it is.
    </DeleteButton>
  );
}
