'use client';

import { Button, Group, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconChartDots, IconPlayerStop, IconRepeat } from '@tabler/icons-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { LinkButton } from '@/components/ui/link-button.tsx';
import type { ActionResult } from '@/lib/domain/action-result.ts';
import type { ExperimentRow } from '@/lib/domain/experiment-row.ts';
import { plural } from '@/lib/domain/format.ts';

interface Props {
  experiment: ExperimentRow;
  stop: (id: string) => Promise<ActionResult<{ stopped: number }>>;
}

/** What can be done with an experiment. */
export function ExperimentActions({ experiment, stop }: Props) {
  const router = useRouter();
  const [asking, { open, close }] = useDisclosure(false);
  const [busy, setBusy] = useState(false);
  const left = experiment.byStatus.QUEUED + experiment.byStatus.RUNNING;
  const id = encodeURIComponent(experiment.id);

  const stopAll = async () => {
    setBusy(true);
    const result = await stop(experiment.id).catch(() => null);
    setBusy(false);
    close();
    if (result?.ok) router.refresh();
    else
      notifications.show({
        color: 'red',
        autoClose: false,
        message: result?.message ?? 'The server did not answer. Look at the runs and try again.',
      });
  };

  return (
    <>
      {left > 0 && (
        <Button variant="default" leftSection={<IconPlayerStop size={16} />} onClick={open}>
          Stop {plural(left, 'run')}
        </Button>
      )}
      <LinkButton href={`/launch?from=${id}`} variant="default" leftSection={<IconRepeat size={16} />}>
        Launch again
      </LinkButton>
      <LinkButton href={`/compare?experiment=${id}`} leftSection={<IconChartDots size={16} />}>
        Compare
      </LinkButton>
      <Modal opened={asking} onClose={close} title={`Stop ${plural(left, 'run')}?`}>
        <Text>
          Those that wait never begin; those that run end as they are, and what they have written stays. Stopped runs do
          not enter charts.
        </Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close} data-autofocus>
            Let them run
          </Button>
          <Button color="red.8" loading={busy} onClick={stopAll}>
            Stop {plural(left, 'run')}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
