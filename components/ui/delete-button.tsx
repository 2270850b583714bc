'use client';

import { Button, type ButtonProps, Group, Modal, Text } from '@mantine/core';
import { type ReactNode, useState, useTransition } from 'react';
import { type ActionResult, NO_ANSWER } from '@/lib/domain/action-result.ts';
import { ErrorPanel } from './error-panel.tsx';

interface Props extends Pick<ButtonProps, 'size' | 'disabled' | 'leftSection'> {
  /** On the button. */
  label: string;
  title: string;
  /** What goes, how much of it, and what stays. */
  children: ReactNode;
  /** On the button that does it. */
  confirm: string;
  /** Above the reason, where it was refused. */
  failed: string;
  remove: () => Promise<ActionResult<unknown>>;
  onDone: () => void;
}

/** Deletes something after saying what goes with it. */
export function DeleteButton({ label, title, children, confirm, failed, remove, onDone, ...look }: Props) {
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [deleting, start] = useTransition();
  const ask = () => {
    setProblem(null);
    setAsking(true);
  };
  const run = () =>
    start(async () => {
      const result = await remove().catch(() => ({ ok: false as const, message: NO_ANSWER }));
      setProblem(result.ok ? null : result.message);
      if (!result.ok) return;
      setAsking(false);
      onDone();
    });
  return (
    <>
      <Button color="red" variant="light" onClick={ask} {...look}>
        {label}
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title={title}>
        <Text size="sm" mb="md" style={{ overflowWrap: 'anywhere' }}>
          {children}
        </Text>
        {problem && <ErrorPanel title={failed}>{problem}</ErrorPanel>}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => setAsking(false)}>
            Keep it
          </Button>
          <Button color="red" loading={deleting} onClick={run}>
            {confirm}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
