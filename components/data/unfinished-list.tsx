'use client';

import { Button, Group } from '@mantine/core';
import { plural } from '@/lib/domain/format.ts';
import type { PartitionForm, UnfinishedDataset } from '@/lib/domain/partition-job.ts';

interface Props {
  datasets: UnfinishedDataset[];
  disabled: boolean;
  onContinue: (form: PartitionForm) => void;
}

/** Splits that were interrupted, perhaps from a terminal or before a restart. */
export function UnfinishedList({ datasets, disabled, onContinue }: Props) {
  if (datasets.length === 0) return null;
  return (
    <section aria-label="Unfinished">
      <p style={{ margin: '0 0 8px' }}>Interrupted before they were whole; no run can use them yet:</p>
      {datasets.map(({ id, done, partitions, form }) => (
        <Group key={id} gap="sm" mb={6} justify="space-between">
          <span style={{ overflowWrap: 'anywhere' }}>
            {id}: {done} of {plural(partitions, 'partition')} from {form.source}
          </span>
          <Button size="xs" variant="default" disabled={disabled} onClick={() => onContinue(form)}>
            Continue {id.slice(id.lastIndexOf('/') + 1)}
          </Button>
        </Group>
      ))}
    </section>
  );
}
