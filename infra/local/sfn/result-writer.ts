import type { IntrinsicEffects } from '../asl/intrinsics.ts';
import type { Scope } from '../asl/path.ts';
import { fill } from '../asl/template.ts';
import { type Json, type JsonObject, type ResultWriter, StatesError } from '../asl/types.ts';
import { AwsError } from '../aws-error.ts';
import { lastPart } from './arns.ts';
import type { Objects } from './item-reader.ts';
import type { MapRunRow } from './map-run-state.ts';

/** One child as the result files show it; times in epoch ms. */
export interface ChildResult {
  arn: string;
  name: string;
  machineArn: string;
  status: string;
  input: string;
  output: string | null;
  error: string | null;
  cause: string | null;
  startMs: number;
  stopMs: number;
  redriveCount: number;
}

export interface ResultSource {
  /** Of the attempts after the given one: a redrive adds to what is written. */
  succeeded(afterAttempt: number): Iterable<ChildResult>;
  /** Failed, timed out and aborted. */
  failed(): Iterable<ChildResult>;
  /** Inputs of children that were never started. */
  pending(): Iterable<string>;
}

type Kind = 'SUCCEEDED' | 'FAILED' | 'PENDING';

interface ResultFile {
  Key: string;
  Size: number;
}

/** What the attempts up to this one have written of successes. */
interface Written {
  attempt: number;
  files: ResultFile[];
}

export interface WrittenResults {
  /** Output of the Map state. */
  output: JsonObject;
  /** For the next attempt, as JSON. */
  written: string;
}

/**
 * Fails a map run that could not write its results before it has cost anything.
 * @throws StatesError States.ResultWriterFailed
 */
export async function checkDestination(
  writer: ResultWriter,
  scope: Scope,
  effects: IntrinsicEffects,
  objects: Objects,
) {
  const { bucket } = destination(writer, scope, effects);
  await asWriterFailure(async () => objects.listObjects(bucket, { prefix: '' }));
}

/**
 * Writes a map run's results to S3 as Step Functions does: `<Prefix>/<map run uuid>/manifest.json` and, where there is
 * something to hold, `SUCCEEDED_0.json`, `FAILED_0.json`, `PENDING_0.json`. A redrive writes into `Redrive-<n>/` below;
 * its manifest lists the successes of all attempts, and what is unsuccessful or pending now.
 * @throws StatesError States.ResultWriterFailed
 */
export async function writeResults(
  writer: ResultWriter,
  mapRun: MapRunRow,
  source: ResultSource,
  scope: Scope,
  effects: IntrinsicEffects,
  objects: Objects,
): Promise<WrittenResults> {
  const { bucket: Bucket, prefix } = destination(writer, scope, effects);
  const attempt = mapRun.redrive_count;
  const before = JSON.parse(mapRun.written ?? '{"attempt":-1,"files":[]}') as Written;
  const folder = [prefix, lastPart(mapRun.arn), attempt > 0 ? `Redrive-${attempt}` : ''].filter(Boolean).join('/');
  const transformation = writer.WriterConfig?.Transformation ?? 'NONE';
  const jsonLines = writer.WriterConfig?.OutputType === 'JSONL';
  const extension = jsonLines ? 'jsonl' : 'json';
  const put = async (kind: Kind, elements: Iterable<string>): Promise<ResultFile[]> => {
    const iterator = elements[Symbol.iterator]();
    const first = iterator.next();
    if (first.done) return [];
    const key = `${folder}/${kind}_0.${extension}`;
    let sizeBytes = 0;
    const pieces = function* () {
      const [open, between, close] = jsonLines ? ['', '\n', '\n'] : ['[', ',', ']'];
      yield open + first.value;
      for (let next = iterator.next(); !next.done; next = iterator.next()) yield between + next.value;
      yield close;
    };
    await objects.putObject(
      Bucket,
      key,
      blocks(pieces(), (size) => {
        sizeBytes += size;
      }),
    );
    return [{ Key: key, Size: sizeBytes }];
  };
  return asWriterFailure(async () => {
    const succeeded = source.succeeded(before.attempt);
    const files = {
      FAILED: await put(
        'FAILED',
        map(source.failed(), (child) => JSON.stringify(whole(child))),
      ),
      PENDING: await put(
        'PENDING',
        map(source.pending(), (input) =>
          JSON.stringify({ Input: input, InputDetails: { Included: true }, Status: 'PENDING' }),
        ),
      ),
      SUCCEEDED: [
        ...before.files,
        ...(await put(
          'SUCCEEDED',
          map(transformed(succeeded, transformation), (value) => JSON.stringify(value)),
        )),
      ],
    };
    const key = `${folder}/manifest.json`;
    await objects.putObject(
      Bucket,
      key,
      JSON.stringify({ DestinationBucket: Bucket, MapRunArn: mapRun.arn, ResultFiles: files }),
    );
    return {
      output: { MapRunArn: mapRun.arn, ResultWriterDetails: { Bucket, Key: key } },
      written: JSON.stringify({ attempt, files: files.SUCCEEDED } satisfies Written),
    };
  });
}

/** What the results are in a file or in the state's output. */
export function* transformed(
  children: Iterable<ChildResult>,
  transformation: 'NONE' | 'COMPACT' | 'FLATTEN',
): Generator<Json> {
  for (const child of children) {
    if (transformation === 'NONE') {
      yield whole(child);
      continue;
    }
    const value = JSON.parse(child.output ?? 'null') as Json;
    if (transformation === 'FLATTEN' && Array.isArray(value)) yield* value;
    else yield value;
  }
}

function destination(writer: ResultWriter, scope: Scope, effects: IntrinsicEffects) {
  const { Bucket = '', Prefix = '' } = fill(writer.Parameters ?? {}, scope, effects) as {
    Bucket?: string;
    Prefix?: string;
  };
  return { bucket: Bucket, prefix: Prefix.replace(/\/+$/, '') };
}

async function asWriterFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AwsError)
      throw new StatesError('States.ResultWriterFailed', `${error.message} (${error.code})`);
    throw error;
  }
}

function whole(child: ChildResult): JsonObject {
  const succeeded = child.status === 'SUCCEEDED';
  return {
    ...(child.cause === null ? {} : { Cause: child.cause }),
    ...(child.error === null ? {} : { Error: child.error }),
    ExecutionArn: child.arn,
    Input: child.input,
    InputDetails: { Included: true },
    Name: child.name,
    ...(child.output === null ? {} : { Output: child.output, OutputDetails: { Included: true } }),
    RedriveCount: child.redriveCount,
    RedriveStatus: succeeded ? 'NOT_REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN',
    ...(succeeded ? { RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven' } : {}),
    StartDate: new Date(child.startMs).toISOString(),
    StateMachineArn: child.machineArn,
    Status: child.status,
    StopDate: new Date(child.stopMs).toISOString(),
  };
}

function* map<T>(values: Iterable<T>, to: (value: T) => string): Generator<string> {
  for (const value of values) yield to(value);
}

/** Joins small texts into blocks, so that a file of many children is not as many writes. */
async function* blocks(texts: Iterable<string>, counted: (sizeBytes: number) => void): AsyncGenerator<Uint8Array> {
  let held: string[] = [];
  let length = 0;
  for (const text of texts) {
    held.push(text);
    length += text.length;
    if (length < 1 << 18) continue;
    const block = Buffer.from(held.join(''));
    counted(block.length);
    yield block;
    held = [];
    length = 0;
  }
  const block = Buffer.from(held.join(''));
  counted(block.length);
  yield block;
}
