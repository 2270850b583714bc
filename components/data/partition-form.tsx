'use client';

import { Autocomplete, Button, Checkbox, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { type Refusal, RefusalPanel } from '@/components/ui/refusal-panel.tsx';
import { PARTITION_SIZES } from '@/lib/domain/partition-form.ts';
import { type ListedUnfinished, PARTITION_FORMATS, type PartitionForm as Values } from '@/lib/domain/partition-job.ts';
import { PARTITION_FIELDS } from './partition-fields.ts';
import type { PartitionActions, PartitionJob } from './partition-job.ts';
import { PartitionProgressPanel } from './partition-progress.tsx';
import { UnfinishedList } from './unfinished-list.tsx';
import { useServerJob } from './use-server-job.ts';

interface Props {
  actions: PartitionActions;
  job: PartitionJob | null;
  bucket: string;
  unfinished: ListedUnfinished[];
}

const empty: Values = {
  source: '',
  out: '',
  size: '25MB',
  samples: '',
  format: '',
  tensors: '',
  overwrite: false,
  verify: true,
};
const order = ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[];

const labels = { source: 'Source', out: 'Name', ...PARTITION_FIELDS };

/** Asks what shall be split and how, and shows how far the server is. */
export function PartitionForm({ actions, job: initial, bucket, unfinished }: Props) {
  // One that was stopped or failed is shown as well: it can be continued.
  const [before, setBefore] = useState(initial?.state === 'done' ? null : initial);
  const { job: followed, start, forget, busy } = useServerJob(actions, initial);
  const job = followed ?? before;
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const form = useForm<Values>({ initialValues: initial?.state === 'done' || !initial ? empty : initial.form });

  const send = async (values: Values) => {
    setBefore(null);
    const result = await start(values);
    setRefusal(result.ok ? null : result);
    form.setErrors(result.ok ? {} : result.fieldErrors);
  };
  const field = (name: keyof Values, description: string) => ({
    description,
    inputWrapperOrder: order,
    ...form.getInputProps(name),
  });
  return (
    <form onSubmit={form.onSubmit(send)} noValidate>
      <Stack gap="md">
        <RefusalPanel
          title="The data was not split"
          refusal={refusal}
          labels={labels}
          onGo={(name) => form.getInputNode(name)?.focus()}
        />
        <TextInput
          label={labels.source}
          placeholder="/data/galaxies.safetensors or s3://bucket/galaxies/"
          {...field(
            'source',
            'A data file, or a folder of them with the same tensors: a path on the machine Starmap runs on, or an s3:// address. Read are .safetensors, .npy, .npz, .pt, .parquet, .csv, .h5 and .fits files.',
          )}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
          <TextInput
            label={labels.out}
            placeholder="galaxies-25MB"
            {...field('out', `Goes to s3://${bucket}/datasets/<name>; empty: named like the source`)}
          />
          <Select
            label={PARTITION_FIELDS.format}
            data={[
              { value: '', label: 'As the source' },
              ...PARTITION_FORMATS.map((value) => ({ value, label: value })),
            ]}
            allowDeselect={false}
            {...field('format', 'PyTorch, HDF5 and FITS files are written as safetensors')}
          />
          <Autocomplete
            label={PARTITION_FIELDS.size}
            data={[...PARTITION_SIZES]}
            filter={({ options }) => options}
            {...field('size', 'At most; MB = 10^6 bytes, MiB = 2^20 bytes. Empty: by samples')}
          />
          <TextInput label={PARTITION_FIELDS.samples} inputMode="numeric" {...field('samples', 'Instead of a size')} />
          <TextInput
            label={PARTITION_FIELDS.tensors}
            {...field('tensors', 'Names with commas between them; empty: all')}
          />
        </SimpleGrid>
        <Checkbox
          label="Read everything back and compare checksums"
          {...form.getInputProps('verify', { type: 'checkbox' })}
        />
        <Checkbox label={PARTITION_FIELDS.overwrite} {...form.getInputProps('overwrite', { type: 'checkbox' })} />
        <div>
          <Button type="submit" loading={busy}>
            Split
          </Button>
        </div>
        <UnfinishedList
          datasets={unfinished.filter(({ id }) => id !== job?.id)}
          disabled={busy}
          discard={actions.discard}
          onContinue={(values) => {
            form.setValues(values);
            send(values);
          }}
        />
        {job && (
          <PartitionProgressPanel
            job={job}
            unfinished={unfinished.find(({ id }) => id === job.id)}
            discard={actions.discard}
            onDiscarded={() => {
              setBefore(null);
              forget();
            }}
            onStop={() => actions.stop()}
            // Only what is missing: replacing would begin anew.
            onContinue={() => send({ ...job.form, overwrite: false })}
          />
        )}
      </Stack>
    </form>
  );
}
