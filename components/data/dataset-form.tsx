'use client';

import { Button, Checkbox, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { type Refusal, RefusalPanel } from '@/components/ui/refusal-panel.tsx';
import type { DatasetActions, DatasetJob, DatasetRequestText } from './dataset-job.ts';
import { DatasetProgress } from './dataset-progress.tsx';
import { useServerJob } from './use-server-job.ts';

interface Props {
  actions: DatasetActions;
  job: DatasetJob | null;
  bucket: string;
}

const labels = { name: 'Name', seed: 'Seed', size: 'Size in all', partitionSize: 'Size of one partition' };

/** Asks for a dataset of simulated galaxies and shows how far it is. */
export function DatasetForm({ actions, job: initial, bucket }: Props) {
  const { job, start, busy } = useServerJob(actions, initial);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const form = useForm<DatasetRequestText>({
    initialValues: { name: 'sdss-5MB', size: '80MB', partitionSize: '5MB', seed: '1', overwrite: false },
  });
  const submit = form.onSubmit(async (request) => {
    const result = await start(request);
    setRefusal(result.ok ? null : result);
    form.setErrors(result.ok ? {} : result.fieldErrors);
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <RefusalPanel
          title="The dataset was not made"
          refusal={refusal}
          labels={labels}
          onGo={(name) => form.getInputNode(name)?.focus()}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
          <TextInput
            label={labels.name}
            description={`Goes to s3://${bucket}/datasets/<name>`}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            {...form.getInputProps('name')}
          />
          <TextInput
            label={labels.seed}
            description="The same seed makes the same galaxies"
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            inputMode="numeric"
            {...form.getInputProps('seed')}
          />
          <TextInput
            label={labels.size}
            description="Such as 80MB or 1.2GB (MB = 10^6 bytes)"
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            {...form.getInputProps('size')}
          />
          <TextInput
            label={labels.partitionSize}
            description="Each partition is one file and one job"
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            {...form.getInputProps('partitionSize')}
          />
        </SimpleGrid>
        <Checkbox
          label="Replace the dataset of that name, if there is one"
          {...form.getInputProps('overwrite', { type: 'checkbox' })}
        />
        <div>
          <Button type="submit" loading={busy}>
            Make the dataset
          </Button>
        </div>
        {job && <DatasetProgress job={job} onStop={() => actions.stop()} />}
      </Stack>
    </form>
  );
}
