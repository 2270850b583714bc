import { bucketExists } from '../aws/objects.ts';
import { backendInUse, type Connection, connection } from '../connection.ts';
import type { Backend, BackendFunction } from '../domain/backend.ts';
import { BackendError, env } from '../env.ts';

const ANSWER_WITHIN_MS = 2_000;

/** Which services are in use and whether they answer now. Never throws for their sake: `problem` says it. */
export async function getBackend(): Promise<Backend> {
  const { home, runtimePort } = env();
  let backend: 'local' | 'aws' = 'local';
  let to: Connection;
  try {
    backend = backendInUse();
    to = connection();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return {
      kind: backend,
      label: backend === 'local' ? 'Local runtime' : 'AWS',
      region: '',
      endpoint: backend === 'local' ? `http://127.0.0.1:${runtimePort}` : null,
      reachable: false,
      problem: error.message,
      bucket: '',
      stateMachineArn: '',
      memoriesMb: [],
      defaultMemoryMb: 0,
      functions: [],
      home,
    };
  }
  const problem = await probe(to);
  return {
    kind: to.kind,
    label: to.label,
    region: to.region,
    endpoint: to.endpoint,
    reachable: problem === null,
    problem,
    bucket: to.bucket,
    stateMachineArn: to.stateMachineArn,
    memoriesMb: memoriesOf(to),
    defaultMemoryMb: to.defaultMemoryMb,
    functions: functionsOf(to),
    home,
  };
}

/** Memory variants of the inference function that are deployed, MB, ascending. */
export function memoriesOf(to: Connection): number[] {
  return Object.keys(to.functions.inference)
    .map(Number)
    .sort((a, b) => a - b);
}

async function probe(to: Connection): Promise<string | null> {
  try {
    const found = await bucketExists(to.bucket, { abortSignal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return found
      ? null
      : `There is no bucket "${to.bucket}" (${to.label}). Deploy it, or choose another stack in Settings.`;
  } catch (error) {
    if (error instanceof BackendError) return error.message;
    const timedOut = error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name);
    if (timedOut) return `${to.label} does not answer within ${ANSWER_WITHIN_MS / 1000} s.`;
    return `${to.label}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function functionsOf({ functions, logGroups }: Connection): BackendFunction[] {
  const all: [string, string | null, number | null][] = [
    ['initialize', functions.initialize, null],
    ...Object.entries(functions.inference).map(([memoryMb, arn]): [string, string, number] => [
      `inference-${memoryMb}`,
      arn,
      Number(memoryMb),
    ]),
    ['summarize', functions.summarize, null],
  ];
  return all.flatMap(([name, arn, memoryMb]) =>
    arn ? [{ name: arn.split(':').at(-1) ?? name, arn, memoryMb, logGroup: logGroups[name] ?? null }] : [],
  );
}
