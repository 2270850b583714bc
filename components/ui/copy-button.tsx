'use client';

import { ActionIcon } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';

interface Props {
  text: string;
  /** What is copied, such as "the ARN". */
  what: string;
}

/** Copies a text; says so for two seconds. */
export function CopyButton({ text, what }: Props) {
  const { copy, copied } = useClipboard({ timeout: 2_000 });
  const label = copied ? 'Copied' : `Copy ${what}`;
  return (
    <ActionIcon variant="subtle" color="gray" size="sm" aria-label={label} title={label} onClick={() => copy(text)}>
      {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
    </ActionIcon>
  );
}
