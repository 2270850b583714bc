import validator from 'asl-validator';
import { languageProblems } from '../asl/languages.ts';
import type { JsonObject, Machine, State } from '../asl/types.ts';
import { isLambdaResource } from './lambda-task.ts';

export interface Diagnostic {
  severity: 'ERROR' | 'WARNING';
  code: string;
  message: string;
  /** JSON pointer into the definition. */
  location: string;
}

const READERS = ['arn:aws:states:::s3:getObject', 'arn:aws:states:::s3:listObjectsV2'];
const INPUT_TYPES = ['JSON', 'JSONL', 'CSV', 'MANIFEST'];
const MAX_LABEL = 40;

/** What is wrong with a definition, or beyond this runtime: schema and transitions by asl-validator, the rest here. */
export function diagnose(text: string): Diagnostic[] {
  let machine: Machine;
  try {
    machine = JSON.parse(text) as Machine;
  } catch (error) {
    return [{ severity: 'ERROR', code: 'INVALID_JSON_DESCRIPTION', message: (error as Error).message, location: '/' }];
  }
  if (machine === null || typeof machine !== 'object' || typeof machine.States !== 'object') {
    return [
      {
        severity: 'ERROR',
        code: 'SCHEMA_VALIDATION_FAILED',
        message: 'The definition must be an object with StartAt and States',
        location: '/',
      },
    ];
  }
  // It writes into what it is given, hence the copy.
  const { errors } = validator(JSON.parse(text, forValidator));
  const fromSchema = errors.map(
    (error): Diagnostic => ({
      severity: 'ERROR',
      code: String(error['Error code']),
      message: String(error.Message ?? ''),
      location: 'path' in error ? String(error.path ?? '/') : '/',
    }),
  );
  return [...fromSchema, ...fromLanguages(machine), ...statesOf(machine, '/States')];
}

/** A ResultWriter that only transforms has no Resource, which the validator's schema does not know. */
function forValidator(key: string, value: unknown): unknown {
  const writes = key === 'ResultWriter' && value !== null && typeof value === 'object' && 'WriterConfig' in value;
  return writes ? { Resource: 'arn:aws:states:::s3:putObject', ...value } : value;
}

const fromLanguages = (machine: Machine) =>
  languageProblems(machine).map(
    (problem): Diagnostic => ({ severity: 'ERROR', code: 'SCHEMA_VALIDATION_FAILED', ...problem }),
  );

function statesOf(machine: Machine, location: string): Diagnostic[] {
  return Object.entries(machine.States ?? {}).flatMap(([name, state]) => stateOf(state, `${location}/${name}`));
}

function stateOf(state: State, location: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  const report = (message: string, where = '') =>
    found.push({ severity: 'ERROR', code: 'SCHEMA_VALIDATION_FAILED', message, location: `${location}${where}` });
  const unsupported = (what: string, where = '') => report(`not supported by the local runtime: ${what}`, where);
  if (state.Type === 'Task' && !isLambdaResource(state.Resource ?? ''))
    unsupported(`task resource ${state.Resource}`, '/Resource');
  if (state.Type === 'Parallel')
    for (const [index, branch] of (state.Branches ?? []).entries())
      found.push(...statesOf(branch, `${location}/Branches/${index}/States`));
  if (state.Type === 'Map') {
    const processor = state.ItemProcessor ?? state.Iterator;
    if (processor) found.push(...statesOf(processor, `${location}/ItemProcessor/States`));
    const distributed = state.ItemProcessor?.ProcessorConfig?.Mode === 'DISTRIBUTED';
    if (state.ItemReader && !distributed) report('ItemReader needs ProcessorConfig.Mode DISTRIBUTED', '/ItemReader');
    if (state.ItemReader && !READERS.includes(state.ItemReader.Resource))
      unsupported(`ItemReader resource ${state.ItemReader.Resource}`, '/ItemReader/Resource');
    const inputType = state.ItemReader?.ReaderConfig?.InputType;
    if (state.ItemReader?.Resource === READERS[0] && !INPUT_TYPES.includes(inputType ?? ''))
      unsupported(`ItemReader input type ${inputType}`, '/ItemReader/ReaderConfig/InputType');
    const source = (state.ItemReader?.Parameters ?? state.ItemReader?.Arguments ?? {}) as JsonObject;
    if ('VersionId' in source || 'VersionId.$' in source)
      unsupported('versions of an object (VersionId)', '/ItemReader');
    const { ManifestType = 'S3_INVENTORY', Transformation = 'NONE' } = state.ItemReader?.ReaderConfig ?? {};
    if (ManifestType !== 'S3_INVENTORY')
      unsupported(`ManifestType ${ManifestType}`, '/ItemReader/ReaderConfig/ManifestType');
    if (Transformation !== 'NONE')
      unsupported(`ReaderConfig Transformation ${Transformation}`, '/ItemReader/ReaderConfig/Transformation');
    if (state.ItemProcessor?.ProcessorConfig?.ExecutionType === 'EXPRESS')
      unsupported('child executions of type EXPRESS', '/ItemProcessor/ProcessorConfig/ExecutionType');
    const batcher = state.ItemBatcher;
    if (
      batcher &&
      !(
        'MaxItemsPerBatch' in batcher ||
        'MaxItemsPerBatchPath' in batcher ||
        'MaxInputBytesPerBatch' in batcher ||
        'MaxInputBytesPerBatchPath' in batcher
      )
    )
      report('ItemBatcher needs MaxItemsPerBatch or MaxInputBytesPerBatch', '/ItemBatcher');
    const { Resource, WriterConfig } = state.ResultWriter ?? {};
    if (WriterConfig?.OutputType === 'JSONL' && Resource === undefined)
      unsupported('ResultWriter with OutputType JSONL and no Resource', '/ResultWriter/WriterConfig/OutputType');
    if (state.Label && (state.Label.length > MAX_LABEL || /[\s?*<>{}[\]:;,\\|^~$#%&"`]/.test(state.Label)))
      report(`Label must be at most ${MAX_LABEL} characters without spaces and special characters`, '/Label');
  }
  return found;
}
