import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { readModel } from '../onnx/graph.ts';
import { hasHalfPrecision } from '../onnx/half-precision.ts';
import { rewriteModel } from '../onnx/rewrite.ts';
import { saveModel } from '../onnx/save-model.ts';
import { unnamedSamples } from '../onnx/unnamed-samples.ts';
import { makeTemporaryFile } from '../temporary-file.ts';
import { inferShapes } from './infer-shapes.ts';
import { largestDifference } from './largest-difference.ts';
import type { OnnxFile, OrtSessions, Tensors } from './ort-session.ts';
import { isPacked, type OnnxGraph, type PreparedGraph } from './session-thread.ts';

// A graph for this kind of processor, as prepared-graph.ts leaves it beside the model. What lambdas/onnx makes of it may be
// faster here or not, depending on what the processor and ONNX Runtime have code for: both are tried, and the rewritten one
// has to be faster and to say the same.

/** Each graph is run so often in a round, once more before. */
const ROUNDS = 2;
const RUNS = 2;
/** No run begins after so long: the item has done its work and must end in time. */
const TRIAL_MS = 20_000;
/** What is gained has to be more than chance. */
const FASTER = 0.97;
/** Largest difference of an output, by the largest value in it. Floats have seven digits. */
const TOLERANCE = 1e-5;

/**
 * @param sessions come from outside, so that a cold start does not load this file.
 * @param sample inputs of some samples, for the trial.
 * @returns the graph as ONNX Runtime has optimized it, in its own format.
 */
export async function tuneGraph(
  sessions: OrtSessions,
  graph: OnnxGraph,
  sample: Tensors,
): Promise<Uint8Array<ArrayBuffer>> {
  const { path: plain, remove } = makeTemporaryFile('graph.ort');
  try {
    await optimize(sessions, graph, plain);
    const asItIs = readPrepared(plain);
    const chosen = (await faster(sessions, graph, asItIs, path.dirname(plain), sample)) ?? asItIs;
    // What cannot be loaded is not worth keeping.
    await (await sessions.create(chosen, 1)).release();
    return chosen.prepared;
  } finally {
    remove();
  }
}

/** Writes what ONNX Runtime makes of a graph to a file of its own format. */
async function optimize(sessions: OrtSessions, graph: OnnxGraph | OnnxFile, file: string): Promise<void> {
  const saving = {
    options: { optimizedModelFilePath: file },
    session: { save_model_format: 'ORT', disable_prepacking: '1' },
  };
  await (await sessions.create(graph, 1, saving)).release();
}

/**
 * @param plain the graph as it is.
 * @param folder for files, which do not stay.
 * @returns a faster one; undefined where there is none, or what it takes fails, which is logged.
 */
async function faster(
  sessions: OrtSessions,
  graph: OnnxGraph,
  plain: PreparedGraph,
  folder: string,
  sample: Tensors,
): Promise<PreparedGraph | undefined> {
  const beside = (name: string) => path.join(folder, name);
  const endMs = performance.now() + TRIAL_MS;
  try {
    // On a processor that ONNX Runtime has no fast convolutions for, matrices are better left alone.
    for (const leavesMatrices of isPacked(graph, 1) ? [true] : [false, true]) {
      // With constants folded. Made anew and not kept: a function has 512 MB of disk.
      const simple = { optimizedModelFilePath: beside('simple.onnx'), graphOptimizationLevel: 'basic' } as const;
      await (await sessions.create(graph, 1, { options: simple, session: { disable_prepacking: '1' } })).release();
      const model = readModel(readFileSync(simple.optimizedModelFilePath));
      rmSync(simple.optimizedModelFilePath);
      const file = { onnxFile: beside('rewritten.onnx'), hasHalfPrecision: hasHalfPrecision(graph.onnx) };
      await inferShapes(sessions, model, file);
      const rewritten = rewriteModel(model, leavesMatrices);
      if (!rewritten) continue;
      saveModel(unnamedSamples(rewritten), file.onnxFile);
      const optimized = beside('rewritten.ort');
      await optimize(sessions, file, optimized);
      rmSync(file.onnxFile);
      const prepared = readPrepared(optimized);
      rmSync(optimized);
      if (await surpasses(sessions, prepared, plain, sample, endMs)) return prepared;
    }
  } catch (error) {
    console.warn(`the graph is used as it is: ${String(error)}`);
  }
  return undefined;
}

/**
 * Whether a graph is faster than another one here, and computes the same from these inputs.
 * @param endMs by performance.now(): no run begins later.
 */
async function surpasses(
  sessions: OrtSessions,
  graph: PreparedGraph,
  other: PreparedGraph,
  sample: Tensors,
  endMs: number,
): Promise<boolean> {
  const [ours, theirs] = [contender(graph), contender(other)];
  const isLate = () => performance.now() > endMs;
  // In turns, so that what else goes on meets both; one session at a time, for the memory.
  for (const each of Array.from({ length: ROUNDS }, () => [theirs, ours]).flat()) {
    const session = await sessions.create(each.graph, 1);
    try {
      each.outputs = await sessions.run(session, sample, session.outputNames);
      for (let i = 0; i < RUNS && !isLate(); i++) {
        const start = performance.now();
        await sessions.run(session, sample, session.outputNames);
        each.ms = Math.min(each.ms, performance.now() - start);
      }
    } finally {
      await session.release();
    }
    // Too slow to find out: it stays as it is, unless both have been measured by now.
    if (isLate()) break;
  }
  const difference = largestDifference(ours.outputs, theirs.outputs);
  const times = `${ours.ms.toFixed(1)} ms, as it is: ${theirs.ms.toFixed(1)} ms`;
  console.log(`rewritten graph: ${times}; difference ${difference.toExponential(1)}`);
  return ours.ms < theirs.ms * FASTER && difference <= TOLERANCE;
}

const contender = (graph: PreparedGraph) => ({ graph, ms: Number.POSITIVE_INFINITY, outputs: {} as Tensors });

/** Its bytes are given away: those of a small file may lie in memory that others share. */
function readPrepared(file: string): PreparedGraph {
  const bytes = readFileSync(file);
  return { prepared: bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes) };
}
