import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LARGE_GRAPH_BYTES } from '../../lib/domain/graph-size.ts';
import { testdata } from '../handlers.fixture.ts';
import { makeNode, makeTensor, type OnnxModel, readModel, writeModel } from '../onnx/graph.ts';
import { rewriteModel } from '../onnx/rewrite.ts';
import { largestDifference } from './largest-difference.ts';
import { createSession, runSession, type Tensors } from './ort-session.ts';
import { tuneGraph } from './tune-graph.ts';

const network = () => ({ onnx: testdata('rewriting/network.onnx'), external: [] });
const sessions = { create: createSession, run: runSession };
const data = Float32Array.from({ length: 7 * 3 * 10 * 12 }, (_, i) => Math.sin(i));
const sample: Tensors = { image: { type: 'float32', data, shape: [7, 3, 10, 12] } };

async function outputs(graph: Uint8Array): Promise<Tensors> {
  const session = await InferenceSession.create(graph);
  const results = await runSession(session, sample, session.outputNames);
  await session.release();
  return results;
}

/** A small model that says something else. */
function another(model: OnnxModel): OnnxModel {
  const matrix = makeTensor('matrix', [3 * 10 * 12, 2], new Float32Array(3 * 10 * 12 * 2).fill(0.01));
  const nodes = [
    makeNode('Flatten', 'flat', ['image'], ['flat']),
    makeNode('MatMul', 'y', ['flat', matrix.name], ['y']),
  ];
  return { ...model, graph: { ...model.graph, nodes, initializers: new Map([[matrix.name, matrix]]) } };
}

vi.mock('../onnx/rewrite.ts', { spy: true });

let disk: string;
const log = vi.spyOn(console, 'log');
beforeEach(() => {
  disk = mkdtempSync(path.join(tmpdir(), 'starmap-prepare-'));
  vi.stubEnv('TMPDIR', disk);
  log.mockReset();
  vi.mocked(rewriteModel).mockClear();
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(disk, { recursive: true });
});

test('the rewritten graph is tried against the one that was exported, and the better one says the same', async () => {
  const prepared = await tuneGraph(sessions, network(), sample);
  expect(log.mock.calls.flat()).toEqual([
    expect.stringMatching(/^rewritten graph: [\d.]+ ms, .* difference [\d.]+e-[789]$/),
  ]);
  expect(largestDifference(await outputs(prepared), await outputs(network().onnx))).toBeLessThan(1e-6);
  expect(readdirSync(disk)).toEqual([]);
});

test('a graph without shapes between its nodes, as older exporters write it, is rewritten as well', async () => {
  const { graph, ...model } = readModel(network().onnx);
  const bare = writeModel({ ...model, graph: { ...graph, shapes: new Map() }, valueInfo: new Map() });
  const onnx = new Uint8Array(Buffer.concat(bare));
  const prepared = await tuneGraph(sessions, { onnx, external: [] }, sample);
  const rewritten = vi.mocked(rewriteModel).mock.results.at(-1)?.value;
  expect(rewritten?.graph.nodes.map(({ name }: { name: string }) => name)).toContain('conv2d_1:winograd:products');
  expect(largestDifference(await outputs(prepared), await outputs(network().onnx))).toBeLessThan(1e-6);
});

test('a graph that is faster and says something else is not taken', async () => {
  vi.mocked(rewriteModel).mockImplementationOnce(another);
  const prepared = await tuneGraph(sessions, network(), sample);
  expect(log).toHaveBeenCalledOnce();
  expect(largestDifference(await outputs(prepared), await outputs(network().onnx))).toBe(0);
});

test('where a large graph cannot be used with its matrices as convolutions, it is rewritten without', async () => {
  vi.mocked(rewriteModel).mockImplementationOnce(another);
  const weights = { path: 'weights', data: new Uint8Array(LARGE_GRAPH_BYTES) };
  const prepared = await tuneGraph(sessions, { ...network(), external: [weights] }, sample);
  expect(log.mock.calls).toHaveLength(2);
  expect(vi.mocked(rewriteModel).mock.calls.map(([, leavesMatrices]) => leavesMatrices)).toEqual([false, true]);
  expect(largestDifference(await outputs(prepared), await outputs(network().onnx))).toBeLessThan(1e-6);
  expect(readdirSync(disk)).toEqual([]);
});

test('a graph that is too slow to be tried is prepared as it is, after one run', async () => {
  const run = vi.fn(runSession);
  let nowMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 30_000));
  try {
    const prepared = await tuneGraph({ ...sessions, run }, network(), sample);
    expect(run).toHaveBeenCalledOnce();
    expect(largestDifference(await outputs(prepared), await outputs(network().onnx))).toBe(0);
  } finally {
    clock.mockRestore();
  }
});

test('where the trial fails, the graph is prepared as it is', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const prepared = await tuneGraph(sessions, network(), { picture: sample.image as Tensors[string] });
  expect(warn.mock.calls.flat()).toEqual([expect.stringContaining('the graph is used as it is: ')]);
  expect(largestDifference(await outputs(prepared), await outputs(network().onnx))).toBe(0);
  expect(readdirSync(disk)).toEqual([]);
});
