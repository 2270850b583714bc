'use client';

import { Button, Group, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconChartDots, IconDownload, IconPlayerStop, IconTrash, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { DownloadButton, LinkButton } from '@/components/ui/link-button.tsx';
import type { ActionResult } from '@/lib/domain/action-result.ts';
import { plural } from '@/lib/domain/format.ts';

/** What the server does to several runs. */
export interface RunActions {
  stop: (ids: string[]) => Promise<ActionResult<{ stopped: number }>>;
  remove: (ids: string[]) => Promise<ActionResult<{ deleted: number }>>;
}

interface Props {
  ids: string[];
  clear: () => void;
  actions: RunActions;
}

/** What can be done with the selected runs. */
export function SelectionBar({ ids, clear, actions }: Props) {
  const [busy, setBusy] = useState(false);
  const [asking, { open: ask, close: dontAsk }] = useDisclosure(false);
  const list = encodeURIComponent(ids.join(','));

  const perform = async <T,>(act: () => Promise<ActionResult<T>>, told: (value: T) => string) => {
    setBusy(true);
    try {
      const result = await act();
      tell(result.ok ? told(result.value) : result.message, result.ok);
      if (result.ok) clear();
    } catch {
      tell('The server did not answer. Nothing may have changed: look at the list and try again.', false);
    } finally {
      setBusy(false);
      dontAsk();
    }
  };

  return (
    <>
      <Text size="sm" fw={600}>
        {plural(ids.length, 'run')} selected
      </Text>
      <LinkButton href={`/compare?runs=${list}`} size="compact-sm" leftSection={<IconChartDots size={14} />}>
        Compare
      </LinkButton>
      <Button
        size="compact-sm"
        variant="default"
        loading={busy}
        leftSection={<IconPlayerStop size={14} />}
        onClick={() =>
          perform(
            () => actions.stop(ids),
            ({ stopped }) => `${plural(stopped, 'run')} stopping`,
          )
        }
      >
        Stop
      </Button>
      <DownloadButton href={`/api/runs.csv?ids=${list}`} size="compact-sm" leftSection={<IconDownload size={14} />}>
        Export CSV
      </DownloadButton>
      <Button size="compact-sm" variant="default" leftSection={<IconTrash size={14} />} onClick={ask}>
        Delete
      </Button>
      <Button
        size="compact-sm"
        variant="subtle"
        color="gray"
        leftSection={<IconX size={14} />}
        onClick={clear}
        aria-label="Clear the selection"
      >
        Clear
      </Button>
      <Modal opened={asking} onClose={dontAsk} title={`Delete ${plural(ids.length, 'run')}?`}>
        <Text>
          Their settings, measurements, costs and item records are deleted from this installation and leave all charts.
          What they wrote to S3 stays. Runs that wait or run are left alone. This cannot be undone.
        </Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={dontAsk} data-autofocus>
            Keep them
          </Button>
          <Button
            color="red.8"
            loading={busy}
            onClick={() =>
              perform(
                () => actions.remove(ids),
                ({ deleted }) => `${plural(deleted, 'run')} deleted`,
              )
            }
          >
            Delete {plural(ids.length, 'run')}
          </Button>
        </Group>
      </Modal>
    </>
  );
}

/** Errors stay until they are closed. */
function tell(message: string, ok: boolean): void {
  notifications.show({ message, color: ok ? 'teal' : 'red', autoClose: ok ? 4_000 : false });
}
