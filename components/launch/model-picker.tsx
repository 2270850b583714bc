'use client';

import { InputError, Radio, VisuallyHidden } from '@mantine/core';
import { CodeLine } from '@/components/ui/code-line.tsx';
import type { Model } from '@/lib/domain/model-package.ts';
import classes from './model-picker.module.css';

interface Props {
  id: string;
  models: Model[];
  bucket: string;
  value: string;
  onChange: (id: string) => void;
  error?: string;
}

/** Chooses the model package; those that cannot be used say why. */
export function ModelPicker({ id, models, bucket, value, onChange, error }: Props) {
  /** Two packages may have one name; where they lie is their own. */
  const isAlone = (name: string) => models.filter((model) => model.name === name).length === 1;
  const gone = value !== '' && !models.some((model) => model.id === value);
  return (
    <fieldset
      className={classes.picker}
      id={id}
      tabIndex={-1}
      aria-invalid={error ? true : undefined}
      aria-describedby={error ? `${id}-error` : undefined}
    >
      <VisuallyHidden component="legend">Model</VisuallyHidden>
      {models.length === 0 && (
        <p className={classes.text}>
          There is no model package yet. Install one:{' '}
          <CodeLine
            text={`npm run starmap -- model install <folder> --out s3://${bucket}/models/<name>`}
            what="the command"
          />
        </p>
      )}
      {gone && <p className={classes.text}>{value} is not there any more.</p>}
      {models.map((model) => (
        <label
          key={model.id}
          htmlFor={`${id}-${model.id}`}
          className={classes.row}
          data-chosen={model.id === value || undefined}
          data-unusable={model.problem ? true : undefined}
        >
          <Radio
            id={`${id}-${model.id}`}
            size="xs"
            name={id}
            value={model.id}
            checked={model.id === value}
            disabled={model.problem !== null}
            onChange={() => onChange(model.id)}
            aria-label={isAlone(model.name) ? model.name : `${model.name}, ${model.id}`}
          />
          <span className={classes.words}>
            <span className={classes.name}>{model.name}</span>
            {!isAlone(model.name) && <span className={classes.text}>{model.id}</span>}
            <span className={classes.text}>
              {model.problem ??
                `${model.inputs.map(({ name, tensor }) => tensor ?? name).join(', ')} → ${model.outputs.map(({ column }) => column).join(', ')}`}
            </span>
            {model.description && <span className={classes.text}>{model.description}</span>}
          </span>
        </label>
      ))}
      {error && (
        <InputError id={`${id}-error`} mt={5}>
          {error}
        </InputError>
      )}
    </fieldset>
  );
}
