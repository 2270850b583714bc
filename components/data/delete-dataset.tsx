'use client';

import { IconTrash } from '@tabler/icons-react';
import { useRouter } from 'next/navigation';
import { DeleteButton } from '@/components/ui/delete-button.tsx';
import type { ActionResult } from '@/lib/domain/action-result.ts';
import type { Dataset } from '@/lib/domain/dataset.ts';
import { formatBytes, plural } from '@/lib/domain/format.ts';
import { DATASET_MANIFEST } from '@/lib/domain/keys.ts';

interface Props {
  dataset: Pick<Dataset, 'id' | 'partitions' | 'sizeBytes'> & { hasManifest: boolean };
  remove: (id: string) => Promise<ActionResult<unknown>>;
}

/** Deletes a dataset after saying what goes with it. */
export function DeleteDataset({ dataset: { id, partitions, sizeBytes, hasManifest }, remove }: Props) {
  const router = useRouter();
  const files = plural(partitions, 'partition file');
  return (
    <DeleteButton
      label="Delete"
      leftSection={<IconTrash size={16} />}
      title="Delete this dataset?"
      confirm={`Delete ${files}`}
      failed="The dataset was not deleted"
      remove={() => remove(id)}
      onDone={() => router.push('/data')}
    >
      {files}
      {hasManifest && ` and ${DATASET_MANIFEST}`} in s3://{id}/ go, {formatBytes(sizeBytes)}; other files there stay.
      Runs that used it keep their results, and can be neither finished nor repeated.
    </DeleteButton>
  );
}
