'use client';

import { Button, Group, Modal, Text } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useRouter } from 'next/navigation';
import { useState, useTransition } from 'react';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { formatBytes } from '@/lib/domain/format.ts';
import type { Model } from '@/lib/domain/model-package.ts';
import { type DeleteAction, NO_ANSWER } from './model-actions.ts';

/** Deletes a package after saying what goes with it. */
export function DeleteModel({ model, remove }: { model: Pick<Model, 'id' | 'sizeBytes'>; remove: DeleteAction }) {
  const router = useRouter();
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [deleting, start] = useTransition();
  const confirm = () =>
    start(async () => {
      const result = await remove(model.id).catch(() => ({ ok: false as const, message: NO_ANSWER }));
      setProblem(result.ok ? null : result.message);
      if (result.ok) router.push('/data');
    });
  return (
    <>
      <Button color="red" variant="light" leftSection={<IconTrash size={16} />} onClick={() => setAsking(true)}>
        Delete
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title="Delete this model package?">
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          Everything in s3://{model.id}/ goes{model.sizeBytes > 0 ? `, ${formatBytes(model.sizeBytes)} of model` : ''}.
          Results of runs that used it stay.
        </Text>
        {problem && <ErrorPanel title="The model was not deleted">{problem}</ErrorPanel>}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => setAsking(false)}>
            Keep it
          </Button>
          <Button color="red" loading={deleting} onClick={confirm}>
            Delete the model
          </Button>
        </Group>
      </Modal>
    </>
  );
}
