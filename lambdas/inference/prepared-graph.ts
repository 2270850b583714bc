import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { arch, cpus } from 'node:os';
import type { InferenceEvent, RunContext } from '../../lib/domain/plan.ts';
import { httpStatus } from '../s3/errors.ts';
import type { S3Objects } from '../s3/objects.ts';
import type { ModelFiles } from './model-files.ts';
import type { ModelThreads } from './model-threads.ts';
import { firstSlice, sampleCount } from './slices.ts';
import type { TensorValue } from './tensor-data.ts';

// A graph as it is best for the processor lies beside the model for later runs, in ONNX Runtime's own format: weights are
// used where they were received, while the ONNX file has to be read, optimized and copied, which takes three times as long.
// It holds choices for one kind of processor (such as the block size of convolutions) and is read by one version of ONNX
// Runtime, so each kind has its own. One item of a run writes it, after its own work. It is never needed: whatever goes
// wrong with it, the ONNX file is there.

/** The version of ONNX Runtime that writes and reads them. */
export const ONNX_RUNTIME = '1.30.0';
/** Counts what we make of a graph (lambdas/onnx), so that a file of an earlier version is not taken for one of this. */
const REWRITING = 6;
/** While a graph is prepared, its file, its copies in ONNX Runtime and the session that is in use are in memory. */
const MEMORY_PER_GRAPH = 8;
const BASE_MEMORY_BYTES = 256 * 1024 * 1024;
/** What this may take at most. */
const LEAST_MS = 60_000;
/** The first processor of /proc/cpuinfo; the others say the same. */
const CPU_INFO_BYTES = 4096;

type Model = RunContext['model'];

/** Key and ETag of the graph that was prepared for this environment; undefined where there is none. */
export function findPrepared({ graph }: Model): { key: string; etag: string } | undefined {
  if (!graph) return undefined;
  const name = preparedName();
  const etag = graph.prepared[name];
  return etag === undefined ? undefined : { key: `${graph.prepared_prefix}/${name}`, etag };
}

/**
 * Prepares the graph (tune-graph.ts) and leaves it beside the model, where the plan has none for this kind of processor and
 * this item is the one to do it. A failure is logged, not thrown.
 * @param feeds inputs that the model was run with, which must not change meanwhile.
 * @param exactRows how many samples the graph takes, where it takes no others.
 * @param memoryBytes of the environment.
 * @param leftMs that the invocation may go on.
 */
export async function leavePrepared(
  { files, objects, threads }: { files: ModelFiles; objects: S3Objects; threads: ModelThreads },
  { rank, run }: InferenceEvent,
  { feeds, exactRows }: { feeds: Record<string, TensorValue>; exactRows: number | undefined },
  memoryBytes: number,
  leftMs: number,
): Promise<void> {
  const { bucket, prefix, etags = {}, graph } = run.model;
  if (rank !== 0 || !graph || findPrepared(run.model)) return;
  // Nothing to try it with.
  if (exactRows !== undefined && sampleCount(feeds) < exactRows) return;
  if (memoryBytes < BASE_MEMORY_BYTES + graph.size_bytes * MEMORY_PER_GRAPH || leftMs < LEAST_MS) return;
  const key = `${graph.prepared_prefix}/${preparedName()}`;
  const startedMs = performance.now();
  try {
    const read = async (path: string) => ({
      path,
      data: (await files.read(bucket, `${prefix}/${path}`, etags[path])).bytes,
    });
    const [onnx, ...external] = await Promise.all(graph.files.map(read));
    if (!onnx) return;
    const prepared = await threads.prepare({ onnx: onnx.data, external }, firstSlice(feeds, exactRows));
    // What another run has left meanwhile may be in a third one's plan already, with its ETag.
    await objects.put({ bucket, key, contentType: 'application/octet-stream' }, prepared, true);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    console.log(`${key}: the graph, prepared for this kind of processor in ${seconds} s, once for all later runs`);
  } catch (error) {
    if (httpStatus(error) === 412) console.log(`${key}: another run has prepared the graph meanwhile`);
    else console.warn(`${key}: preparing the graph for later cold starts failed: ${String(error)}`);
  }
}

/** The name that a prepared graph has for these versions of ONNX Runtime and of ours, on this kind of processor. */
export function preparedName(): string {
  const kind = createHash('sha256').update(processor()).digest('hex').slice(0, 12);
  return `onnxruntime-${ONNX_RUNTIME}-rewriting-${REWRITING}-${arch()}-${kind}.ort`;
}

/** What ONNX Runtime can tell processors apart by: the model and its instruction sets. */
function processor(): string {
  try {
    const file = openSync('/proc/cpuinfo', 'r');
    try {
      const bytes = Buffer.alloc(CPU_INFO_BYTES);
      const [first = ''] = bytes.toString('latin1', 0, readSync(file, bytes)).split('\n\n');
      return first
        .split('\n')
        .filter((line) =>
          /^(model|vendor|cpu family|stepping|flags|features|cpu (part|implementer|variant))/i.test(line),
        )
        .join('\n');
    } finally {
      closeSync(file);
    }
  } catch {
    return cpus()[0]?.model ?? '';
  }
}
