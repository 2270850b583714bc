'use client';

import { Button, Group, Select, Stack, TextInput } from '@mantine/core';
import { useState, useTransition } from 'react';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { TextLink } from '@/components/ui/link-button.tsx';
import { NO_ANSWER } from '@/lib/domain/action-result.ts';
import { nameAmong } from '@/lib/domain/dataset-name.ts';
import { DEFAULT_CHECK_BATCH, type ModelCheck } from '@/lib/domain/model-check.ts';
import { CheckResult } from './check-result.tsx';
import type { CheckAction } from './model-actions.ts';

interface Props {
  model: string;
  datasets: { id: string; name: string }[];
  check: CheckAction;
}

/** Runs the package on the first partition of a dataset and shows what fits and what does not. */
export function CheckForm({ model, datasets, check }: Props) {
  const [dataset, setDataset] = useState<string | null>(datasets[0]?.id ?? null);
  const [batch, setBatch] = useState(String(DEFAULT_CHECK_BATCH));
  const [result, setResult] = useState<ModelCheck | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [checking, start] = useTransition();
  const batchSize = /^\d+$/.test(batch) ? Number(batch) : 0;
  const wrongBatch = batchSize < 1 ? 'Batch size must be a whole number from 1' : null;

  if (datasets.length === 0)
    return (
      <p style={{ margin: 0 }}>
        There is no dataset to check against. <TextLink href="/data/new">Make one</TextLink>.
      </p>
    );

  /** What was found is of what was asked then. */
  const forget = () => {
    setResult(null);
    setProblem(null);
  };

  const run = () =>
    start(async () => {
      if (!dataset || wrongBatch) return;
      const answer = await check(model, dataset, batchSize).catch(() => ({ ok: false as const, message: NO_ANSWER }));
      setProblem(answer.ok ? null : answer.message);
      setResult(answer.ok ? answer.value : null);
    });

  return (
    <Stack gap="md">
      <Group align="flex-start" gap="sm">
        <Select
          label="Dataset"
          description="Its first partition is run"
          data={datasets.map((each) => ({ value: each.id, label: nameAmong(each, datasets) }))}
          value={dataset}
          onChange={(value) => {
            setDataset(value);
            forget();
          }}
          disabled={checking}
          allowDeselect={false}
          searchable={datasets.length > 8}
          style={{ flex: '1 1 260px', maxWidth: 420 }}
        />
        <TextInput
          label="Batch size"
          description="Samples at once"
          inputMode="numeric"
          value={batch}
          onChange={(event) => {
            setBatch(event.currentTarget.value.trim());
            forget();
          }}
          disabled={checking}
          error={wrongBatch}
          w={150}
        />
      </Group>
      <div>
        <Button onClick={run} loading={checking} disabled={wrongBatch !== null}>
          Check against this dataset
        </Button>
      </div>
      {problem && <ErrorPanel title="The check could not be made">{problem}</ErrorPanel>}
      {result && !checking && <CheckResult check={result} />}
    </Stack>
  );
}
