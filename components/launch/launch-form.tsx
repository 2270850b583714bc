'use client';

import { Button } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import type { DatasetInBrief } from '@/components/data/datasets-table.tsx';
import type { ActionResult } from '@/lib/domain/action-result.ts';
import type { Backend } from '@/lib/domain/backend.ts';
import type { LaunchFormInput } from '@/lib/domain/experiment.ts';
import type { LaunchPreview } from '@/lib/domain/launch-preview.ts';
import type { Model } from '@/lib/domain/model-package.ts';
import { dropDraft, readDraft, saveDraft } from './draft.ts';
import { ErrorList } from './error-list.tsx';
import { LaunchFields } from './launch-fields.tsx';
import classes from './launch-form.module.css';
import { LaunchSummary } from './launch-summary.tsx';
import { countRuns, errorsByField, type LaunchErrors, type LaunchValues, readValues } from './launch-values.ts';
import { usePreview } from './use-preview.ts';

export interface LaunchActions {
  preview: (form: LaunchFormInput) => Promise<ActionResult<LaunchPreview>>;
  launch: (form: LaunchFormInput) => Promise<ActionResult<{ experimentId: string; runIds: string[] }>>;
}

interface Props {
  datasets: DatasetInBrief[];
  models: Model[];
  backend: Pick<Backend, 'bucket' | 'memoriesMb'>;
  /** What is filled in at first. */
  initial: LaunchValues;
  /** The address asks for something in particular: a draft must not take its place. */
  asked: boolean;
  actions: LaunchActions;
}

/** The launch form: what to run at the left, what it comes to at the right. */
export function LaunchForm({ datasets, models, backend, initial, asked, actions }: Props) {
  const router = useRouter();
  const form = useForm<LaunchValues>({
    initialValues: initial,
    validateInputOnBlur: true,
    validate: (values) => readValues(values).errors,
  });
  const [failed, setFailed] = useState<{ message: string | null; errors: LaunchErrors; attempt: number }>();
  const [launching, setLaunching] = useState(false);
  const draft = useDraft(form.values, initial, asked, form.setValues);
  const preview = usePreview(form.values, actions.preview);

  // What only the server can know (a dataset too small, a model gone) is told at the field before the launch, too.
  const { setErrors } = form;
  useEffect(() => {
    const told = errorsByField(preview.refusal?.fieldErrors ?? {});
    if (Object.keys(told).length > 0) setErrors(told);
  }, [preview.refusal, setErrors]);

  const fail = (message: string | null, errors: LaunchErrors) => {
    form.setErrors(errors);
    setFailed((before) => ({ message, errors, attempt: (before?.attempt ?? 0) + 1 }));
  };

  const submit = async () => {
    const { form: input, errors } = readValues(form.getValues());
    if (Object.keys(errors).length > 0) return fail(null, errors);
    setLaunching(true);
    try {
      const result = await actions.launch(input);
      if (!result.ok) return fail(result.message, errorsByField(result.fieldErrors));
      draft.drop();
      const { experimentId, runIds } = result.value;
      const to = runIds.length === 1 ? `/runs/${runIds[0]}` : `/experiments/${experimentId}`;
      router.push(to);
    } catch {
      fail('The server did not answer. Look at Experiments whether it was launched all the same, then try again.', {});
    } finally {
      setLaunching(false);
    }
  };

  return (
    <form
      className={classes.form}
      noValidate
      aria-label="Launch"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className={classes.fields}>
        {failed && <ErrorList {...failed} />}
        {draft.restored && (
          <p className={classes.draft}>
            Your unfinished form is filled in again.{' '}
            <Button size="compact-xs" variant="subtle" onClick={draft.startOver}>
              Start over
            </Button>
          </p>
        )}
        <LaunchFields form={form} datasets={datasets} models={models} backend={backend} />
      </div>
      <div className={classes.summary}>
        <LaunchSummary state={preview} runs={countRuns(form.values)} launching={launching} />
      </div>
    </form>
  );
}

/** Keeps what is typed in this browser until it is launched. */
function useDraft(
  values: LaunchValues,
  initial: LaunchValues,
  asked: boolean,
  setValues: (values: LaunchValues) => void,
) {
  const [restored, setRestored] = useState(false);
  const [read, setRead] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page comes alive
  useEffect(() => {
    const draft = asked ? null : readDraft(initial);
    if (draft) {
      setValues(draft);
      setRestored(true);
    }
    setRead(true);
  }, []);
  useEffect(() => {
    if (read && JSON.stringify(values) !== JSON.stringify(initial)) saveDraft(values);
  }, [read, values, initial]);
  const startOver = () => {
    dropDraft();
    setValues(initial);
    setRestored(false);
  };
  return { restored, startOver, drop: dropDraft };
}
