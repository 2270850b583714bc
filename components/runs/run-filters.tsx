'use client';

import { Button, Chip, CloseButton, Group, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { statusLook } from '@/components/ui/status.tsx';
import { useUrlQuery } from '@/components/ui/use-url-query.ts';
import { runStatuses } from '@/lib/domain/run.ts';
import type { RunsQuery } from '@/lib/domain/runs-query.ts';

interface Props {
  query: Pick<RunsQuery, 'status' | 'search' | 'experimentId'>;
  /** Name of the experiment that the list is limited to; null where it is not, or where the page says it already. */
  experimentName: string | null;
}

/** Filters of the runs list; they live in the address. */
export function RunFilters({ query, experimentName }: Props) {
  const { change } = useUrlQuery();
  const [text, setText] = useState(query.search ?? '');
  const search = useDebouncedCallback((value: string) => change({ search: value.trim() || null, page: null }), 300);
  const type = (value: string) => {
    setText(value);
    search(value);
  };
  return (
    <>
      <TextInput
        size="xs"
        w={210}
        aria-label="Search runs"
        placeholder="Run, experiment or dataset"
        leftSection={<IconSearch size={14} />}
        rightSection={text && <CloseButton size="sm" aria-label="Clear the search" onClick={() => type('')} />}
        value={text}
        onChange={(event) => type(event.currentTarget.value)}
      />
      <Chip.Group
        multiple
        value={query.status ?? []}
        onChange={(statuses) => change({ status: statuses.join(',') || null, page: null })}
      >
        <Group gap={6} role="group" aria-label="Status">
          {runStatuses.map((status) => (
            <Chip key={status} value={status} size="xs" radius="sm" variant="outline">
              {statusLook[status].word}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      {experimentName !== null && (
        <Button
          size="compact-sm"
          variant="light"
          rightSection={<IconX size={13} aria-hidden />}
          aria-label={`Experiment ${experimentName}: show the runs of all experiments`}
          onClick={() => change({ experimentId: null, page: null })}
          maw={280}
        >
          {experimentName}
        </Button>
      )}
    </>
  );
}
