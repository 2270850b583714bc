'use client';

import { TagsInput, Textarea, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { DatasetInBrief } from '@/components/data/datasets-table.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import type { Backend } from '@/lib/domain/backend.ts';
import type { Model } from '@/lib/domain/model-package.ts';
import { DatasetPicker } from './dataset-picker.tsx';
import { fieldId } from './error-list.tsx';
import classes from './launch-form.module.css';
import { fieldLabels, type LaunchField, type LaunchValues } from './launch-values.ts';
import { ModelPicker } from './model-picker.tsx';

interface Props {
  form: UseFormReturnType<LaunchValues>;
  datasets: DatasetInBrief[];
  models: Model[];
  backend: Pick<Backend, 'bucket' | 'memoriesMb'>;
}

const helpLast: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'error', 'description'];

/** The fields, grouped as one thinks of them: data, model, execution, sweep. */
export function LaunchFields({ form, datasets, models, backend }: Props) {
  const props = (field: LaunchField) => ({
    id: fieldId(field),
    label: fieldLabels[field],
    inputWrapperOrder: helpLast,
    ...form.getInputProps(field),
  });
  // Text that is not yet a tag becomes one when the field is left: nothing typed is lost.
  const tags = (field: LaunchField) => ({
    ...props(field),
    acceptValueOnBlur: true,
    splitChars: [',', ';'],
    onChange: (typed: string[]) => form.setFieldValue(field, typed.flatMap(separate)),
    comboboxProps: { keepMounted: false, transitionProps: { duration: 80 } },
    styles: { inputField: { minWidth: 48 } },
  });
  return (
    <>
      <Panel title="Experiment">
        <div className={classes.group}>
          <TextInput {...props('name')} withAsterisk />
          <Textarea
            {...props('question')}
            autosize
            minRows={1}
            maxRows={5}
            placeholder="What shall it tell? (optional)"
          />
        </div>
      </Panel>
      <Panel title="Data">
        <div className={classes.group}>
          <DatasetPicker
            id={fieldId('datasets')}
            datasets={datasets}
            value={form.values.datasets}
            onChange={(ids) => form.setFieldValue('datasets', ids)}
            error={textOf(form.errors.datasets)}
          />
          <TagsInput
            {...tags('dataSizesBytes')}
            description="Sizes such as 25MB or 1.2GB, or all; rounded up to whole partitions. Each is a point of the sweep."
            data={['all']}
          />
        </div>
      </Panel>
      <Panel title="Model">
        <ModelPicker
          id={fieldId('model')}
          models={models}
          bucket={backend.bucket}
          value={form.values.model}
          onChange={(id) => form.setFieldValue('model', id)}
          error={textOf(form.errors.model)}
        />
      </Panel>
      <Panel title="Execution">
        <div className={classes.columns}>
          <TextInput {...props('maxConcurrency')} inputMode="numeric" description="Most items at once; 0 = no limit" />
          <TextInput
            {...props('worldSize')}
            inputMode="numeric"
            placeholder="one job per partition"
            description="Jobs to spread the partitions over"
          />
          <TextInput
            {...props('toleratedFailurePercentage')}
            inputMode="decimal"
            rightSection="%"
            description="Share of the items that may fail"
          />
        </div>
      </Panel>
      <Panel title="Sweep" note="every combination becomes a run">
        <div className={classes.columns}>
          <TagsInput
            {...tags('batchSizes')}
            description="Samples per batch, such as 32, 64, 128"
            data={['32', '64', '128', '256', '512']}
          />
          <TagsInput
            {...tags('memoriesMb')}
            label="Memory (MB)"
            description="Of the inference function"
            data={backend.memoriesMb.map(String)}
          />
          <TextInput
            {...props('repeats')}
            inputMode="numeric"
            description="How often each; from 2 on there are error bars"
          />
        </div>
      </Panel>
    </>
  );
}

/** `32, 64` pasted or left behind as one. */
const separate = (text: string) =>
  text
    .split(/[,;]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
const textOf = (error: unknown) => (typeof error === 'string' ? error : undefined);
