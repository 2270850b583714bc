import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { copiesOf, sameBytes } from './graph-supply.ts';
import type { ModelGraph } from './session.ts';
import type { Graph, SessionAnswers } from './session-thread.ts';

const model = { outputs: ['y'] } as ModelGraph;

/** What a thread answers that could, or could not open a prepared graph: it gives it back. */
function answer(graph: Graph, problem?: string): SessionAnswers['open'] {
  if (!('prepared' in graph)) return { model };
  const back = { prepared: structuredClone(graph.prepared, { transfer: [graph.prepared.buffer] }) };
  return problem === undefined ? { model, graph: back } : { problem, graph: back };
}

test('the bytes of a prepared graph are with one thread at a time, and come back from one that cannot open it', async () => {
  const supply = sameBytes({ prepared: Uint8Array.of(1, 2, 3) });
  const seen: number[][] = [];
  let busy = 0;
  const lend = (problem?: string) =>
    supply.lend(
      async (graph) => {
        busy += 1;
        await new Promise(setImmediate);
        expect(busy).toBe(1);
        busy -= 1;
        if ('prepared' in graph) seen.push([...graph.prepared]);
        return answer(graph, problem);
      },
      () => true,
    );
  const opened = await Promise.allSettled([lend(), lend('out of memory'), lend()]);
  expect(opened.map((each) => (each.status === 'rejected' ? String(each.reason) : each.value))).toEqual([
    model,
    'Error: out of memory',
    model,
  ]);
  expect(seen).toEqual([
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 3],
  ]);
});

test('of an ONNX graph each thread gets bytes of its own', async () => {
  const graph = { onnx: Uint8Array.of(1), external: [{ path: 'weights', data: Uint8Array.of(2) }] };
  const supply = copiesOf(graph, 3);
  const buffers = new Set<ArrayBuffer>();
  for (let i = 0; i < 3; i++) {
    await supply.lend(
      async (given) => {
        expect(given).toEqual(graph);
        if ('onnx' in given)
          for (const { buffer } of [given.onnx, ...given.external.map(({ data }) => data)]) buffers.add(buffer);
        return answer(given);
      },
      () => true,
    );
  }
  expect(buffers.size).toBe(6);
});

test('where a thread takes the weights along that others read, the process ends: what they compute would be wrong', async () => {
  const code = `
    import { sameBytes } from './lambdas/inference/graph-supply.ts';
    const supply = sameBytes({ prepared: new Uint8Array(1) });
    const died = () => Promise.reject(new Error('the thread ran out of memory'));
    const isWanted = () => true;
    await supply.lend(died, isWanted).catch(({ message }) => console.log('nobody reads them: ' + message));
    await supply.lend(async (graph) => ({ model: {}, graph }), isWanted);
    await supply.lend(died, isWanted);
  `;
  const ended = promisify(execFile)(process.execPath, ['--eval', code], { timeout: 90_000 });
  await expect(ended).rejects.toMatchObject({
    signal: 'SIGABRT',
    stdout: 'nobody reads them: the thread ran out of memory\n',
    stderr: expect.stringContaining('a thread ended with the weights that others read: the thread ran out of memory'),
  });
});
