import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readModel, writeModel } from '../onnx/graph.ts';
import { rewriteModel } from '../onnx/rewrite.ts';
import { makeTemporaryFile } from '../temporary-file.ts';
import { largestDifference } from './largest-difference.ts';
import { createSession, type OnnxFile, runSession, type Tensors } from './ort-session.ts';
import type { OnnxGraph } from './session-thread.ts';

// A graph for this kind of processor, as prepared-graph.ts leaves it beside the model. What lambdas/onnx makes of it may be
// faster here or not, depending on what the processor and ONNX Runtime have code for: both are tried, and the rewritten one
// has to be faster and to say the same.

/** Each graph is run so often, if that takes no longer than TRIAL_MS in all, besides the first time of each round. */
const ROUNDS = 2;
const RUNS = 2;
const TRIAL_MS = 10_000;
/** What is gained has to be more than chance. */
const FASTER = 0.97;
/** Largest difference of an output, by the largest value in it. Floats have seven digits. */
const TOLERANCE = 1e-5;

/**
 * @param sample inputs of some samples, for the trial; without them the graph is not rewritten.
 * @returns the graph as ONNX Runtime has optimized it, in its own format.
 */
export async function prepareGraph(graph: OnnxGraph, sample: Tensors | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const { path: plain, remove } = makeTemporaryFile('graph.ort');
  try {
    await optimize(graph, plain);
    const chosen = (sample && (await faster(graph, plain, sample))) ?? plain;
    // What cannot be loaded is not worth keeping.
    await (await createSession(prepared(chosen), 1)).release();
    return new Uint8Array(readFileSync(chosen));
  } finally {
    remove();
  }
}

/** Writes what ONNX Runtime makes of a graph to a file of its own format. */
async function optimize(graph: OnnxGraph | OnnxFile, file: string): Promise<void> {
  const saving = {
    options: { optimizedModelFilePath: file },
    session: { save_model_format: 'ORT', disable_prepacking: '1' },
  };
  await (await createSession(graph, 1, saving)).release();
}

/**
 * @param plain the file of the graph as it is.
 * @returns the file of a faster one beside it; undefined where there is none, or what it takes fails, which is logged.
 */
async function faster(graph: OnnxGraph, plain: string, sample: Tensors): Promise<string | undefined> {
  const beside = (name: string) => path.join(path.dirname(plain), name);
  try {
    // With constants folded and all shapes inferred.
    const simple = { optimizedModelFilePath: beside('simple.onnx'), graphOptimizationLevel: 'basic' } as const;
    await (await createSession(graph, 1, { options: simple, session: { disable_prepacking: '1' } })).release();
    const rewritten = rewriteModel(readModel(readFileSync(simple.optimizedModelFilePath)));
    rmSync(simple.optimizedModelFilePath);
    if (!rewritten) return undefined;
    const onnxFile = beside('rewritten.onnx');
    const file = openSync(onnxFile, 'w');
    try {
      for (const piece of writeModel(rewritten)) writeFileSync(file, piece);
    } finally {
      closeSync(file);
    }
    const optimized = beside('rewritten.ort');
    await optimize({ onnxFile }, optimized);
    rmSync(onnxFile);
    return (await surpasses(optimized, plain, sample)) ? optimized : undefined;
  } catch (error) {
    console.warn(`the graph is used as it is: ${String(error)}`);
    return undefined;
  }
}

/** Whether a graph is faster than another one here, and computes the same from these inputs. */
async function surpasses(graph: string, other: string, sample: Tensors): Promise<boolean> {
  const tried = {
    graph: { file: graph, ms: Number.POSITIVE_INFINITY },
    other: { file: other, ms: Number.POSITIVE_INFINITY },
  };
  const outputs: Tensors[] = [];
  const began = performance.now();
  // In turns, so that what else goes on meets both; one session at a time, for the memory.
  for (let round = 0; round < ROUNDS && performance.now() - began < TRIAL_MS; round++) {
    for (const each of Object.values(tried)) {
      const session = await createSession(prepared(each.file), 1);
      try {
        outputs[each === tried.graph ? 0 : 1] = await runSession(session, sample, session.outputNames);
        for (let i = 0; i < RUNS; i++) {
          const start = performance.now();
          await runSession(session, sample, session.outputNames);
          each.ms = Math.min(each.ms, performance.now() - start);
        }
      } finally {
        await session.release();
      }
    }
  }
  const { ms } = tried.graph;
  const difference = largestDifference(outputs[0] ?? {}, outputs[1] ?? {});
  console.log(
    `rewritten graph: ${ms.toFixed(1)} ms, as it is: ${tried.other.ms.toFixed(1)} ms; difference ${difference.toExponential(1)}`,
  );
  return ms < tried.other.ms * FASTER && difference <= TOLERANCE;
}

const prepared = (file: string) => ({ file, sizeBytes: statSync(file).size });
