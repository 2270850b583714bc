import { moveOnceForAttention } from './attention.ts';
import { recogniseGelu } from './gelu.ts';
import type { OnnxGraph, OnnxModel, OnnxNode } from './graph.ts';
import { averageFirst } from './mean.ts';
import { partsFirst } from './parts.ts';
import { matrixAsConvolution, stayInPixels } from './pointwise.ts';
import type { Rule, Surroundings } from './rule.ts';
import { fewerMultiplications } from './winograd.ts';

const rules: Rule[] = [partsFirst, fewerMultiplications, averageFirst, moveOnceForAttention, recogniseGelu];

/**
 * A model that computes the same with less work, up to the rounding of floats. Whether it is faster is for the processor
 * to say.
 * @param isPacked whether sessions pack matrices of weights for the processor, so that these are fast as they are.
 * @returns undefined where there is nothing to rewrite.
 */
export function rewriteModel(model: OnnxModel, isPacked: boolean): OnnxModel | undefined {
  // Each pass sees what the one before has made.
  const passes = isPacked ? [rules] : [rules, [matrixAsConvolution], [stayInPixels]];
  const graph = passes.reduce(rewriteGraph, model.graph);
  return graph === model.graph ? undefined : { ...model, graph };
}

/** @returns the same graph where there is nothing to rewrite. */
function rewriteGraph(graph: OnnxGraph, rules: Rule[]): OnnxGraph {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const uses = new Map<string, number>();
  const use = (value: string) => uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const { inputs } of graph.nodes) inputs.forEach(use);
  graph.outputs.forEach(use);
  const initializers = new Map(graph.initializers);
  const shapes = new Map(graph.shapes);
  const surroundings: Surroundings = {
    graph,
    producer: (value) => producers.get(value),
    isUsedOnce: (value) => uses.get(value) === 1 && !graph.outputs.has(value),
    add(tensor) {
      if (!initializers.has(tensor.name)) initializers.set(tensor.name, tensor);
      return tensor.name;
    },
    setShape: (value, shape) => shapes.set(value, shape),
  };
  let isChanged = false;
  const nodes = graph.nodes.flatMap((node) => {
    for (const rule of rules) {
      const instead = rule(node, surroundings);
      if (instead) isChanged = true;
      if (instead) return instead;
    }
    return [node];
  });
  if (!isChanged) return graph;
  const used = usedNodes(nodes, graph.outputs);
  return withoutUnused({ ...graph, nodes: used, initializers, shapes });
}

/** Nodes come after those whose outputs they use. */
function usedNodes(nodes: OnnxNode[], outputs: Set<string>): OnnxNode[] {
  const needed = new Set(outputs);
  const used: OnnxNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    used.push(node);
  }
  return used.reverse();
}

/** Weights that only the replaced nodes used. */
function withoutUnused(graph: OnnxGraph): OnnxGraph {
  const used = new Set([...graph.outputs, ...graph.nodes.flatMap(({ inputs }) => inputs)]);
  return { ...graph, initializers: new Map([...graph.initializers].filter(([name]) => used.has(name))) };
}
