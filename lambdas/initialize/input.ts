import * as z from 'zod';
import { type RunInput, runInput } from '../../lib/domain/run-input.ts';
import { Failure } from '../failure.ts';

const initializeEvent = z.object({
  input: z.record(z.string(), z.unknown()),
  execution: z.object({ arn: z.string(), name: z.string() }),
});

/** A parsed execution input, and what was in it that has no effect. */
export interface ParsedInput {
  input: RunInput;
  execution: { arn: string; name: string };
  warnings: string[];
}

/** What to put there, by field. */
const remedies: Partial<Record<keyof RunInput, string>> = {
  bucket: 'give the bucket of the model package and the results',
  batch_size: 'give the samples per batch, e.g. 512',
  S3_object_name: 'give the folder of the model package in the bucket, e.g. "models/photoz"',
  result_path: 'give a folder for the results, new for each run, e.g. "results/my-run"',
  data_bucket: 'give the bucket of the data',
  data_prefix: 'give the folder of the data files, e.g. "datasets/sdss-25MB"',
  file_limit: 'leave it out to use all files',
  world_size: 'leave it out for one job per file',
  memory_mb: 'leave it out for the default size',
  max_concurrency: 'give 0 for no limit',
  tolerated_failure_percentage: 'give a number from 0 to 100',
};

/**
 * @throws InvalidInput naming each bad field, what was given and what to do.
 */
export function parseInput(event: unknown): ParsedInput {
  const { input: raw, execution } = initializeEvent.parse(event);
  const parsed = runInput.safeParse(raw);
  if (!parsed.success) {
    throw new Failure(
      'InvalidInput',
      `The input has bad fields. ${parsed.error.issues.map((i) => explain(i, raw)).join(' ')}`,
    );
  }
  const input = parsed.data;
  const { bucket, data_bucket, data_prefix, result_path } = input;
  if (bucket === data_bucket && `${result_path}/`.startsWith(`${data_prefix}/`)) {
    const why = `"${result_path}" lies in the data folder "${data_prefix}", where results would be taken for data`;
    throw new Failure('InvalidInput', `result_path: ${why}; choose a folder outside it.`);
  }
  return { input, execution, warnings: inputWarnings(raw, input) };
}

/** The file of the model package that `script` names; undefined for what the published system ran, Python. */
export const usedScript = ({ script }: RunInput): string | undefined =>
  script !== undefined && /^[^/\\]+\.m?js$/.test(script) ? script : undefined;

function explain(issue: z.core.$ZodIssue, raw: Record<string, unknown>): string {
  const field = issue.path.join('.');
  const given = raw[field];
  const remedy = remedies[field as keyof RunInput];
  const what = given === undefined ? 'is missing' : `${issue.message}, not ${JSON.stringify(given)?.slice(0, 100)}`;
  return `${field}: ${what}${remedy ? `; ${remedy}` : ''}.`;
}

function inputWarnings(raw: Record<string, unknown>, input: RunInput): string[] {
  const warnings: string[] = [];
  if (input.script !== undefined && usedScript(input) === undefined) {
    const why = input.script.endsWith('.py')
      ? 'the model package decides how the data is read and the model is run'
      : 'a script is an .mjs or .js file in the folder of the model package, named without a path';
    warnings.push(`script "${input.script}" is not used: ${why}.`);
  }
  const unknown = Object.keys(raw).filter((field) => !(field in runInput.shape));
  if (unknown.length > 0) warnings.push(`Unknown fields of the input have no effect: ${unknown.join(', ')}.`);
  return warnings;
}
