import { type LaunchForm, type LaunchFormInput, launchForm } from '@/lib/domain/experiment.ts';
import { parseSize } from '@/lib/domain/parse-size.ts';
import { MAX_BATCH_SIZE } from '@/lib/domain/run-input.ts';

/** The launch form as typed: every field under its name in LaunchForm, its content as text. */
export interface LaunchValues {
  name: string;
  question: string;
  datasets: string[];
  dataSizesBytes: string[];
  model: string;
  batchSizes: string[];
  memoriesMb: string[];
  maxConcurrency: string;
  worldSize: string;
  toleratedFailurePercentage: string;
  repeats: string;
}

export type LaunchField = keyof LaunchValues;
export type LaunchErrors = Partial<Record<LaunchField, string>>;

/** What each field is called, in the order of the form. */
export const fieldLabels: Record<LaunchField, string> = {
  name: 'Name',
  question: 'Question',
  datasets: 'Datasets',
  dataSizesBytes: 'How much of it',
  model: 'Model',
  maxConcurrency: 'Concurrency',
  worldSize: 'Workers',
  toleratedFailurePercentage: 'Tolerated failures',
  batchSizes: 'Batch sizes',
  memoriesMb: 'Memory',
  repeats: 'Repeats',
};

/** Reads what was typed: the form to send, or what is wrong with which field and what to write instead. */
export function readValues(values: LaunchValues): { form: LaunchFormInput; errors: LaunchErrors } {
  const errors: LaunchErrors = {};
  const wrong = (field: LaunchField, message: string) => {
    errors[field] ??= message;
    return Number.NaN;
  };
  const whole = (field: LaunchField, text: string, example: string) =>
    /^[+-]?\d+$/.test(text.trim())
      ? Number(text)
      : wrong(field, text.trim() === '' ? `Write ${example}` : `"${text}" is not a whole number: write ${example}`);
  const form: LaunchFormInput = {
    name: values.name,
    question: values.question,
    datasets: values.datasets,
    model: values.model,
    dataSizesBytes: values.dataSizesBytes.map((text) =>
      text.trim().toLowerCase() === 'all'
        ? null
        : (parseSize(text) ?? wrong('dataSizesBytes', `"${text}" is not a size: write such as 25MB, 1.2GB or all`)),
    ),
    batchSizes: values.batchSizes.map((text) =>
      whole('batchSizes', text, `1 to ${MAX_BATCH_SIZE.toLocaleString('en-US')}, such as 128`),
    ),
    memoriesMb: values.memoriesMb.map((text) => whole('memoriesMb', text.replace(/\s*MB$/i, ''), 'MB, such as 2048')),
    maxConcurrency: whole('maxConcurrency', values.maxConcurrency, '0 for no limit, or how many items at once'),
    worldSize:
      values.worldSize.trim() === '' ? null : whole('worldSize', values.worldSize, 'how many jobs, or nothing'),
    toleratedFailurePercentage:
      percentOf(values.toleratedFailurePercentage) ??
      wrong('toleratedFailurePercentage', `"${values.toleratedFailurePercentage}" is not a share: write 0 to 100 %`),
    repeats: whole('repeats', values.repeats, '1 to 50'),
  };
  const parsed = launchForm.safeParse(form);
  for (const { path, message } of parsed.error?.issues ?? []) {
    const [field, index] = path as [LaunchField, number | undefined];
    const typed = index === undefined ? undefined : values[field][index];
    errors[field] ??= typed === undefined ? message : `"${typed}": ${message}`;
  }
  return { form, errors };
}

/** A form that was sent before, as one would have typed it. */
export function toValues(form: LaunchForm): LaunchValues {
  return {
    name: form.name,
    question: form.question,
    datasets: form.datasets,
    dataSizesBytes: form.dataSizesBytes.map((bytes) => (bytes === null ? 'all' : sizeText(bytes))),
    model: form.model,
    batchSizes: form.batchSizes.map(String),
    memoriesMb: form.memoriesMb.map(String),
    maxConcurrency: String(form.maxConcurrency),
    worldSize: form.worldSize === null ? '' : String(form.worldSize),
    toleratedFailurePercentage: String(form.toleratedFailurePercentage),
    repeats: String(form.repeats),
  };
}

/** Fields that runs are the product of. */
const sweepFields = ['datasets', 'dataSizesBytes', 'batchSizes', 'memoriesMb', 'repeats'] as const;

/** Runs that the sweep comes to, as far as one can tell without looking at the data; 0 where a value of it is wrong. */
export function countRuns(values: LaunchValues): number {
  const { errors } = readValues(values);
  if (sweepFields.some((field) => errors[field])) return 0;
  const { datasets, dataSizesBytes, batchSizes, memoriesMb } = values;
  return [datasets, dataSizesBytes, batchSizes, memoriesMb].reduce(
    (product, list) => product * new Set(list).size,
    Number(values.repeats),
  );
}

/** Server errors come by dotted path (`batchSizes.1`): the field is its first part. */
export function errorsByField(fieldErrors: Record<string, string>): LaunchErrors {
  const errors: LaunchErrors = {};
  for (const [path, message] of Object.entries(fieldErrors)) {
    const field = path.split('.')[0] as LaunchField;
    if (field in fieldLabels) errors[field] ??= message;
  }
  return errors;
}

/** Whole MB where it is exactly that, bytes otherwise. */
const sizeText = (bytes: number) => (bytes % 10_000 === 0 ? `${bytes / 1e6}MB` : `${bytes}B`);

function percentOf(text: string): number | undefined {
  const match = /^\s*([+-]?\d+(?:\.\d+)?)\s*%?\s*$/.exec(text);
  return match ? Number(match[1]) : undefined;
}
