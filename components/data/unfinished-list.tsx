'use client';

import { Button, Group, Text } from '@mantine/core';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { UnfinishedMark } from '@/components/ui/status.tsx';
import { formatBytes, plural } from '@/lib/domain/format.ts';
import type { ListedUnfinished, PartitionForm } from '@/lib/domain/partition-job.ts';
import { inWords } from '@/lib/domain/partition-message.ts';
import { DiscardButton } from './discard-button.tsx';
import { asField } from './partition-fields.ts';
import type { PartitionActions } from './partition-job.ts';
import classes from './unfinished-list.module.css';

interface Props {
  datasets: ListedUnfinished[];
  disabled: boolean;
  onContinue: (form: PartitionForm) => void;
  discard: PartitionActions['discard'];
}

/** Splits that failed or were interrupted, perhaps from a terminal or before a restart. */
export function UnfinishedList({ datasets, disabled, onContinue, discard }: Props) {
  if (datasets.length === 0) return null;
  return (
    <section aria-label="Unfinished">
      <Text size="sm" fw={600}>
        Unfinished
      </Text>
      <Text size="sm" c="dimmed">
        No run can use them yet. An interrupted one was stopped, its process is gone, or a terminal still writes it.
      </Text>
      <ul className={classes.list}>
        {datasets.map((dataset) => (
          <li key={dataset.id} className={classes.row}>
            <div className={classes.what}>
              <div className={classes.name}>
                <UnfinishedMark failed={dataset.problem !== null} />
                <span>{dataset.id}</span>
              </div>
              <Text size="sm" c="dimmed">
                {dataset.done} of {plural(dataset.partitions, 'partition')} ({formatBytes(dataset.sizeBytes)}) from{' '}
                {dataset.form.source}, last written <RelativeTime at={dataset.writtenAt} />
              </Text>
              {dataset.problem && <Text size="sm">{inWords(dataset.problem, asField)}</Text>}
            </div>
            <Group gap="xs" wrap="nowrap">
              <DiscardButton dataset={dataset} disabled={disabled} discard={discard} />
              <Button
                size="xs"
                variant="default"
                disabled={disabled}
                aria-label={`Continue ${nameOf(dataset.id)}`}
                onClick={() => onContinue(dataset.form)}
              >
                Continue
              </Button>
            </Group>
          </li>
        ))}
      </ul>
    </section>
  );
}

const nameOf = (id: string) => id.slice(id.lastIndexOf('/') + 1);
