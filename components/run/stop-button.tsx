'use client';

import { Button, Group, Modal, Text } from '@mantine/core';
import { IconPlayerStop } from '@tabler/icons-react';
import { useState, useTransition } from 'react';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { type ActionResult, NO_ANSWER } from '@/lib/domain/action-result.ts';
import { formatCount, plural } from '@/lib/domain/format.ts';
import { itemsEnded, useRun } from './live-run.tsx';

/** Stops the run, after saying what that ends and what is kept. */
export function StopButton({ stop }: { stop: (id: string) => Promise<ActionResult<null>> }) {
  const run = useRun();
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [stopping, startStopping] = useTransition();
  const left = Math.max(0, run.counts.total - itemsEnded(run));

  const ask = () => {
    setProblem(null);
    setAsking(true);
  };
  const confirm = () =>
    startStopping(async () => {
      const result = await stop(run.id).catch(() => ({ ok: false as const, message: NO_ANSWER }));
      setProblem(result.ok ? null : result.message);
      if (result.ok) setAsking(false);
    });

  return (
    <>
      <Button size="sm" color="red" variant="light" leftSection={<IconPlayerStop size={16} />} onClick={ask}>
        Stop
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title={`Stop run ${run.label}?`}>
        {run.status === 'QUEUED' ? (
          <Text size="sm">It has not begun: nothing is lost. It will not be started.</Text>
        ) : (
          <>
            <Text size="sm">
              {left > 0
                ? `${plural(left, 'item')} of ${formatCount(run.counts.total)} will not be done, ${formatCount(run.counts.running)} of which are running now and lose their work.`
                : 'Its workflow ends here.'}
            </Text>
            <Text size="sm" mt="xs">
              {plural(run.counts.succeeded, 'result')} already written {run.counts.succeeded === 1 ? 'stays' : 'stay'}{' '}
              in s3://{run.resultBucket}/{run.resultPath}
              /. On AWS, functions that are running go on being billed until they end by themselves.
            </Text>
          </>
        )}
        {problem && <ErrorPanel title="The run was not stopped">{problem}</ErrorPanel>}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => setAsking(false)}>
            Let it run
          </Button>
          <Button color="red" loading={stopping} onClick={confirm}>
            {run.status === 'QUEUED' ? 'Take it off the queue' : `Stop, leave ${plural(left, 'item')} undone`}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
