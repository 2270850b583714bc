import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { toWorkflowGraph } from './workflow.ts';

const definition: unknown = JSON.parse(
  readFileSync(new URL('../../infra/state-machine.asl.json', import.meta.url), 'utf8'),
);

test('the deployed definition: states, the one inside the map, and every way out', () => {
  const graph = toWorkflowGraph(definition);
  expect(graph.startAt).toBe('Initialize');
  expect(graph.nodes).toContainEqual({ id: 'InferItem', type: 'Task', label: 'InferItem', parent: 'Infer' });
  expect(graph.edges).toContainEqual({ from: 'Initialize', to: 'Infer', kind: 'next' });
  expect(graph.edges).toContainEqual({ from: 'Infer', to: 'SummarizeWhatIsThere', kind: 'catch' });
  const ids = new Set(graph.nodes.map(({ id }) => id));
  expect(graph.edges.every(({ from, to }) => ids.has(from) && ids.has(to))).toBe(true);
});

test('choices, branches and repeated targets', () => {
  const inner = { StartAt: 'B1', States: { B1: { Type: 'Pass', End: true } } };
  const graph = toWorkflowGraph({
    StartAt: 'Pick',
    States: {
      Pick: { Type: 'Choice', Choices: [{ Next: 'Both' }, { Next: 'Both' }], Default: 'Stop' },
      Both: { Type: 'Parallel', Branches: [inner], Next: 'Stop' },
      Stop: { Type: 'Succeed' },
    },
  });
  expect(graph.edges).toEqual([
    { from: 'Pick', to: 'Both', kind: 'choice' },
    { from: 'Pick', to: 'Stop', kind: 'choice' },
    { from: 'Both', to: 'Stop', kind: 'next' },
  ]);
  expect(graph.nodes.find(({ id }) => id === 'B1')?.parent).toBe('Both');
});

test('no definition', () => expect(() => toWorkflowGraph({ States: {} })).toThrow());
