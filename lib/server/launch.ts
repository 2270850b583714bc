import type * as z from 'zod';
import { maybeHeadObject } from '../aws/objects.ts';
import { connection } from '../connection.ts';
import { insertExperiment, type NewRun } from '../db/experiments.ts';
import type { ActionResult } from '../domain/action-result.ts';
import { type LaunchForm, type LaunchFormInput, launchForm } from '../domain/experiment.ts';
import { DATA_FILE_EXTENSIONS, resultPath, splitId } from '../domain/keys.ts';
import type { LaunchPreview } from '../domain/launch-preview.ts';
import { missingTensors } from '../domain/missing-tensors.ts';
import type { Model } from '../domain/model-package.ts';
import { PARTITION_STATE } from '../domain/partition-job.ts';
import { expandSweep, itemCount, runLabel, type Sweep, type SweepDataset, toRunInput } from '../domain/sweep.ts';
import { BackendError } from '../env.ts';
import { memoriesOf } from './backend.ts';
import { estimate } from './estimate.ts';
import { readDataset } from './list-datasets.ts';
import { findModel } from './list-models.ts';
import { readUnfinished } from './list-unfinished.ts';
import { newIds } from './run-id.ts';
import { wakeWatcher } from './wake-watcher.ts';

/** Checks the form, makes the experiment and puts its runs in the queue; the watcher starts them one after the other. */
export async function launchExperiment(
  form: LaunchFormInput,
): Promise<ActionResult<{ experimentId: string; runIds: string[]; warnings: string[] }>> {
  const checked = await check(form);
  if (!checked.ok) return checked;
  const now = new Date();
  const { experimentId, runIds } = newIds(now, checked.value.sweep.settings.length);
  await insertExperiment(
    { id: experimentId, form: checked.value.form, createdAt: now },
    toRuns(checked.value.sweep, experimentId, runIds),
  );
  wakeWatcher();
  return { ok: true, value: { experimentId, runIds, warnings: checked.value.sweep.warnings } };
}

/** What the form would launch; nothing is stored. */
export async function previewLaunch(form: LaunchFormInput): Promise<ActionResult<LaunchPreview>> {
  const checked = await check(form);
  if (!checked.ok) return checked;
  const { sweep } = checked.value;
  const { experimentId, runIds } = newIds(new Date(), sweep.settings.length);
  const samples = sweep.settings.map((settings) => settings.samples);
  return {
    ok: true,
    value: {
      runs: sweep.settings.length,
      items: total(sweep.settings.map(itemCount)),
      samples: samples.every((count) => count !== null) ? total(samples) : null,
      dataBytes: total(sweep.settings.map((settings) => settings.dataBytes)),
      inputs: toRuns(sweep, experimentId, runIds)
        .slice(0, 3)
        .map((run) => run.input),
      warnings: sweep.warnings,
      estimate: await estimate(sweep.settings),
    },
  };
}

async function check(input: LaunchFormInput): Promise<ActionResult<{ form: LaunchForm; sweep: Sweep }>> {
  const parsed = launchForm.safeParse(input, { error: plainMessage });
  if (!parsed.success) return refuse(firstMessages(parsed.error));
  const form = parsed.data;
  try {
    const [datasets, datasetProblem] = await readDatasets(form.datasets);
    const model = await findModel(form.model);
    const problems = {
      ...(datasetProblem ? { datasets: datasetProblem } : {}),
      ...modelProblem(form.model, model),
      ...memoryProblem(form.memoriesMb),
    };
    if (Object.keys(problems).length > 0) return refuse(problems);
    const sweep = expandSweep(form, datasets);
    if (model) sweep.warnings.unshift(...datasets.flatMap(({ dataset }) => missingTensors(model, dataset) ?? []));
    return Object.keys(sweep.fieldErrors).length > 0 ? refuse(sweep.fieldErrors) : { ok: true, value: { form, sweep } };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return { ok: false, message: error.message, fieldErrors: {} };
  }
}

async function readDatasets(ids: string[]): Promise<[SweepDataset[], string | undefined]> {
  const datasets: SweepDataset[] = [];
  for (const id of new Set(ids)) {
    try {
      const found = await readDataset(id);
      if (!found) return [[], await noDataset(id)];
      datasets.push(found);
    } catch (error) {
      // A missing or closed bucket is this field's fault; a service that does not answer is not.
      if (!(error instanceof BackendError) || !['NoSuchBucket', 'AccessDenied'].includes(error.code)) throw error;
      return [[], `${id}: ${error.message}`];
    }
  }
  return [datasets, undefined];
}

async function noDataset(id: string): Promise<string> {
  const at = splitId(id);
  const unfinished = at && (await readUnfinished(at.bucket, at.prefix));
  if (unfinished)
    return `Dataset ${id} is not finished: ${unfinished.done} of ${unfinished.partitions} partitions are there. Split the data again in the same way, which goes on from there.`;
  if (at && (await maybeHeadObject(at.bucket, `${at.prefix}/${PARTITION_STATE}`)))
    return `Dataset ${id} is not finished: it is being made, or that was interrupted. Wait, or make it again.`;
  return `There is no dataset ${id}: no partition files (${DATA_FILE_EXTENSIONS.join(', ')}) lie under that prefix. Choose another, or make it first.`;
}

function modelProblem(id: string, model: Model | null): Record<string, string> {
  if (!model)
    return { model: `There is no model package ${id}: it has no model.json. Choose another, or install it first.` };
  if (model.problem) return { model: `${model.name} cannot be used: ${model.problem}` };
  const { bucket } = connection();
  if (model.bucket !== bucket)
    return { model: `${id} must lie in the deployment's own bucket, ${bucket}. Install it there.` };
  return {};
}

function memoryProblem(memoriesMb: number[]): Record<string, string> {
  const deployed = memoriesOf(connection());
  const unknown = memoriesMb.find((memory) => deployed.length > 0 && !deployed.includes(memory));
  if (unknown === undefined) return {};
  return { memoriesMb: `No inference function with ${unknown} MB is deployed. Choose from ${deployed.join(', ')} MB.` };
}

function toRuns({ settings }: Sweep, experimentId: string, runIds: string[]): NewRun[] {
  const { bucket } = connection();
  return settings.map((each, i) => {
    const id = runIds[i] ?? '';
    const path = resultPath(experimentId, id);
    const model = splitId(each.modelId) ?? { bucket, prefix: each.modelId };
    return {
      id,
      label: runLabel(each, settings),
      settings: each,
      input: toRunInput(each, model, { id, experimentId, bucket, resultPath: path }),
      resultBucket: bucket,
      resultPath: path,
      items: itemCount(each),
    };
  });
}

function refuse(fieldErrors: Record<string, string>): {
  ok: false;
  message: string;
  fieldErrors: Record<string, string>;
} {
  const fields = Object.keys(fieldErrors).length;
  return {
    ok: false,
    message:
      fields === 1
        ? (Object.values(fieldErrors)[0] ?? '')
        : `${fields} fields need another value before this can be launched.`,
    fieldErrors,
  };
}

/** One message per field, the first. A list of values is one field of the form. */
function firstMessages(error: z.ZodError): Record<string, string> {
  const messages: Record<string, string> = {};
  for (const { path, message } of error.issues)
    messages[path.filter((step) => typeof step === 'string').join('.') || 'form'] ??= message;
  return messages;
}

/** For what the schema gives no words of its own. */
const plainMessage: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== 'invalid_type') return undefined;
  return issue.input === undefined
    ? 'Fill this in'
    : `Must be ${issue.expected === 'number' ? 'a number' : `of type ${issue.expected}`}`;
};

const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
