'use client';

import { IconTrash } from '@tabler/icons-react';
import { useRouter } from 'next/navigation';
import { DeleteButton } from '@/components/ui/delete-button.tsx';
import { formatBytes } from '@/lib/domain/format.ts';
import type { Model } from '@/lib/domain/model-package.ts';
import type { DeleteAction } from './model-actions.ts';

/** Deletes a package after saying what goes with it. */
export function DeleteModel({ model, remove }: { model: Pick<Model, 'id' | 'sizeBytes'>; remove: DeleteAction }) {
  const router = useRouter();
  return (
    <DeleteButton
      label="Delete"
      leftSection={<IconTrash size={16} />}
      title="Delete this model package?"
      confirm="Delete the model"
      failed="The model was not deleted"
      remove={() => remove(model.id)}
      onDone={() => router.push('/data')}
    >
      Everything in s3://{model.id}/ goes{model.sizeBytes > 0 ? `, ${formatBytes(model.sizeBytes)} of model` : ''}.
      Results of runs that used it stay.
    </DeleteButton>
  );
}
