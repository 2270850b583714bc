'use client';

import { Button, Checkbox, Group, InputError, TextInput } from '@mantine/core';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import type { DatasetInBrief } from '@/components/data/datasets-table.tsx';
import { TextLink } from '@/components/ui/link-button.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import { nameAmong } from '@/lib/domain/dataset-name.ts';
import { formatBytes, plural } from '@/lib/domain/format.ts';
import classes from './dataset-picker.module.css';

interface Props {
  id: string;
  datasets: DatasetInBrief[];
  value: string[];
  onChange: (ids: string[]) => void;
  error?: string;
}

const SEARCH_FROM = 8;

/** Chooses datasets by their partitions and size, also such as lie elsewhere in S3. */
export function DatasetPicker({ id, datasets, value, onChange, error }: Props) {
  const [search, setSearch] = useState('');
  const shown = datasets.filter((each) => each.id.toLowerCase().includes(search.trim().toLowerCase()));
  const elsewhere = value.filter((chosen) => !datasets.some((each) => each.id === chosen));
  const sizes = datasets.map((each) => each.sizeBytes);
  const toggle = (dataset: string) =>
    onChange(value.includes(dataset) ? value.filter((each) => each !== dataset) : [...value, dataset]);

  return (
    <fieldset
      className={classes.picker}
      id={id}
      tabIndex={-1}
      aria-invalid={error ? true : undefined}
      aria-describedby={error ? `${id}-error` : undefined}
    >
      <legend className={classes.legend}>Datasets</legend>
      {datasets.length >= SEARCH_FROM && (
        <TextInput
          size="xs"
          mb={6}
          aria-label="Search datasets"
          placeholder="Search"
          leftSection={<IconSearch size={14} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {datasets.length === 0 && (
        <p className={classes.none}>
          There are no datasets yet. <TextLink href="/data/new">Make one</TextLink>, or name a place below.
        </p>
      )}
      <div
        className={classes.list}
        data-invalid={error ? true : undefined}
        hidden={shown.length + elsewhere.length === 0}
      >
        {shown.map((dataset) => (
          <label
            key={dataset.id}
            htmlFor={`${id}-${dataset.id}`}
            className={classes.row}
            data-chosen={value.includes(dataset.id) || undefined}
          >
            <Checkbox
              id={`${id}-${dataset.id}`}
              size="xs"
              checked={value.includes(dataset.id)}
              onChange={() => toggle(dataset.id)}
              aria-label={nameAmong(dataset, datasets)}
            />
            <span className={classes.name} title={`s3://${dataset.id}`}>
              {nameAmong(dataset, datasets)}
            </span>
            <span className={classes.parts}>
              {plural(dataset.partitions, 'partition')} of {formatBytes(dataset.partitionSizeBytes)}
            </span>
            <span className={classes.samples}>
              {dataset.samples === null ? 'samples not known' : plural(dataset.samples, 'sample')}
            </span>
            <span className={classes.size}>
              <Quantity kind="bytes" value={dataset.sizeBytes} like={sizes} />
            </span>
          </label>
        ))}
        {elsewhere.map((dataset) => (
          <label key={dataset} htmlFor={`${id}-${dataset}`} className={classes.row} data-chosen>
            <Checkbox id={`${id}-${dataset}`} size="xs" checked onChange={() => toggle(dataset)} aria-label={dataset} />
            <span className={classes.name} title={`s3://${dataset}`}>
              {dataset}
            </span>
            <span className={classes.parts}>not in the list; looked up for the preview</span>
          </label>
        ))}
      </div>
      {error && (
        <InputError id={`${id}-error`} mt={5}>
          {error}
        </InputError>
      )}
      <Elsewhere onAdd={(dataset) => !value.includes(dataset) && onChange([...value, dataset])} />
    </fieldset>
  );
}

/** A dataset in another bucket, or under another prefix than datasets/. */
function Elsewhere({ onAdd }: { onAdd: (id: string) => void }) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const [error, setError] = useState<string | null>(null);
  const add = () => {
    const id = text
      .trim()
      .replace(/^s3:\/\//, '')
      .replace(/\/+$/, '');
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/.+$/.test(id)) {
      setError('Write bucket and prefix, such as s3://my-bucket/datasets/galaxies');
      return;
    }
    onAdd(id);
    setText('');
    setOpen(false);
  };
  if (!open)
    return (
      <Button
        mt={6}
        size="compact-xs"
        variant="subtle"
        leftSection={<IconPlus size={13} />}
        onClick={() => setOpen(true)}
      >
        Another place in S3
      </Button>
    );
  return (
    <Group mt={8} gap={8} align="flex-start" wrap="nowrap">
      <TextInput
        size="xs"
        style={{ flex: 1 }}
        aria-label="Bucket and prefix of the dataset"
        placeholder="s3://my-bucket/datasets/galaxies"
        autoFocus
        value={text}
        error={error}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setError(null);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          add();
        }}
      />
      <Button size="xs" variant="default" onClick={add}>
        Add
      </Button>
    </Group>
  );
}
