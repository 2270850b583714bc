import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { toWorkflowGraph } from '@/lib/domain/workflow.ts';
import { layoutWorkflow, type PlacedNode } from './workflow-layout.ts';

const definition = JSON.parse(readFileSync('infra/state-machine.asl.json', 'utf8'));
const layout = layoutWorkflow(toWorkflowGraph(definition));
const at = (id: string): PlacedNode => {
  const found = layout.nodes.find(({ node }) => node.id === id);
  if (!found) throw new Error(`${id} is not drawn.`);
  return found;
};

test('a run without errors reads from left to right on one line', () => {
  const path = ['Initialize', 'Infer', 'Summarize'].map(at);
  const middles = path.map(({ y, height }) => y + height / 2);
  expect(new Set(middles).size).toBe(1);
  expect(path.map(({ x }) => x)).toEqual(path.map(({ x }) => x).sort((a, b) => a - b));
});

test('states that only an error leads to stand below it', () => {
  for (const id of ['InitializeFailed', 'SummarizeWhatIsThere', 'InferFailed', 'SummarizeFailed'])
    expect(at(id).y).toBeGreaterThanOrEqual(at('Infer').y + at('Infer').height);
});

test('the map holds the state of its items', () => {
  const { x, y, width, height, children } = at('Infer');
  const [inner] = children;
  expect(inner?.node.id).toBe('InferItem');
  expect(
    inner && inner.x > x && inner.y > y && inner.x + inner.width < x + width && inner.y + inner.height < y + height,
  ).toBe(true);
});

test('nothing overlaps and nothing lies outside the drawing', () => {
  for (const a of layout.nodes) {
    expect(a.x >= 0 && a.y >= 0 && a.x + a.width <= layout.width && a.y + a.height <= layout.height).toBe(true);
    for (const b of layout.nodes)
      if (a !== b)
        expect(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y).toBe(
          true,
        );
  }
});

test('every edge is drawn, a loop included', () => {
  expect(layout.edges).toHaveLength(toWorkflowGraph(definition).edges.length);
  const loop = layoutWorkflow({
    startAt: 'Wait',
    nodes: ['Wait', 'Check'].map((id) => ({ id, type: 'Task', label: id, parent: null })),
    edges: [
      { from: 'Wait', to: 'Check', kind: 'next' },
      { from: 'Check', to: 'Wait', kind: 'choice' },
    ],
  });
  expect(loop.edges).toHaveLength(2);
  expect(loop.nodes.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true);
});
