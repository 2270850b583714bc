'use client';

import { Button, Checkbox, Group, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { LinkButton } from '@/components/ui/link-button.tsx';
import { ProgressBar } from '@/components/ui/progress.tsx';
import { formatBytes } from '@/lib/domain/format.ts';
import { folderNameOf, planModelUpload, type UploadPlan } from '@/lib/domain/model-upload.ts';
import { CheckResult } from './check-result.tsx';
import { FileDrop } from './file-drop.tsx';
import type { UploadActions } from './model-actions.ts';
import { type ReadManifest, readManifest } from './picked-files.ts';
import { PickedFiles } from './picked-files-list.tsx';
import { type UploadState, useModelUpload } from './use-model-upload.ts';

interface Picked extends ReadManifest {
  files: File[];
}

/** Uploads a model package: picked files, what is wrong with them at once, progress, what the check found. */
export function UploadForm({ actions, bucket }: { actions: UploadActions; bucket: string }) {
  const [picked, setPicked] = useState<Picked | null>(null);
  const [name, setName] = useState('');
  const [replace, setReplace] = useState(false);
  const upload = useModelUpload(actions);
  const { state } = upload;
  const busy = state.step === 'sending' || state.step === 'checking';
  const sizes = picked?.files.map((file) => ({ name: file.name, sizeBytes: file.size })) ?? [];
  const planOf = (manifest: string | null | undefined) =>
    manifest == null ? null : planModelUpload({ name, manifest, files: sizes });
  const plan = planOf(picked?.manifest);
  const taken = state.step === 'failed' ? state.fieldErrors.name : undefined;

  async function pick(files: File[]): Promise<void> {
    upload.reset();
    const read = await readManifest(files);
    const { manifest } = read;
    const described = manifest === null ? null : planModelUpload({ name: 'x', manifest, files: [] }).model;
    setPicked({ files, ...read });
    setReplace(false);
    if (described) setName(folderNameOf(described.name));
  }
  const send = async () => {
    if (!picked) return;
    // Whoever corrects what the check found may not pick it again: the text that was read then is not sent for it.
    const read = await readManifest(picked.files);
    setPicked({ ...picked, ...read });
    const planned = planOf(read.manifest);
    if (read.manifest !== null && planned && Object.keys(planned.problems).length === 0)
      upload.start({ name, manifest: read.manifest, files: planned.send, replace }, planned.send, picked.files);
    else upload.reset();
  };

  return (
    <Stack gap="md">
      <FileDrop onPick={pick} disabled={busy} />
      {picked && <PickedFiles files={sizes} plan={plan} />}
      {picked && <Problems picked={picked} plan={plan} />}
      {plan?.model && (
        <>
          <TextInput
            label="Name"
            description={`Goes to s3://${bucket}/models/<name>`}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            value={name}
            disabled={busy}
            onChange={(event) => {
              setName(event.currentTarget.value.trim());
              // What may be replaced was said of another name.
              setReplace(false);
              if (state.step === 'failed') upload.reset();
            }}
            error={plan.problems.name ?? taken}
            maw={460}
          />
          {(taken || replace) && (
            <Checkbox
              label={`Replace the model package ${name}`}
              checked={replace}
              disabled={busy}
              onChange={(event) => setReplace(event.currentTarget.checked)}
            />
          )}
          <Group gap="sm">
            <Button onClick={send} loading={busy} disabled={Object.keys(plan.problems).length > 0}>
              Upload the model
            </Button>
            {state.step === 'sending' && (
              <Button variant="default" onClick={upload.cancel}>
                Cancel
              </Button>
            )}
          </Group>
        </>
      )}
      <Outcome state={state} />
    </Stack>
  );
}

function Problems({ picked, plan }: { picked: Picked; plan: UploadPlan | null }) {
  const problem = picked.problem ?? plan?.problems.files;
  if (problem) return <ErrorPanel title="This cannot be uploaded yet">{problem}</ErrorPanel>;
  if (picked.manifest === null)
    return (
      <ErrorPanel title="model.json is missing">
        A model package is an ONNX file with a model.json that says which tensor feeds which input. Pick both.
      </ErrorPanel>
    );
  return null;
}

function Outcome({ state }: { state: UploadState }) {
  if (state.step === 'sending')
    return (
      <div role="status">
        <p style={{ margin: '0 0 6px' }}>
          Sending {state.file}: {formatBytes(state.sentBytes)} of {formatBytes(state.bytes)}
        </p>
        <ProgressBar
          parts={[{ tone: 'running', word: 'sent', count: state.sentBytes }]}
          total={state.bytes}
          noun="byte"
          label="Upload"
        />
      </div>
    );
  if (state.step === 'checking')
    return (
      <p role="status" style={{ margin: 0 }}>
        All is there. Checking the graph against model.json …
      </p>
    );
  if (state.step === 'failed')
    return state.fieldErrors.name ? null : <ErrorPanel title="The model was not uploaded">{state.message}</ErrorPanel>;
  if (state.step === 'idle') return null;
  return (
    <Stack gap="md">
      {state.id ? (
        <Group gap="sm" role="status">
          <span style={{ overflowWrap: 'anywhere' }}>{state.id} is ready.</span>
          <LinkButton size="xs" href={`/data/model?id=${encodeURIComponent(state.id)}`}>
            Check it against a dataset
          </LinkButton>
        </Group>
      ) : (
        <ErrorPanel title="The model was not installed">
          Every run with it would fail. Correct what is named below and upload it again; nothing was kept.
        </ErrorPanel>
      )}
      <CheckResult check={state.check} />
    </Stack>
  );
}
