import type { OnnxGraph, OnnxNode, OnnxTensor } from './graph.ts';
import type { Dim } from './value-info.ts';

/** What a rule sees of the graph, which is the one that the pass began with: rules of a pass do not see each other's work. */
export interface Surroundings {
  graph: OnnxGraph;
  /** The node that a value comes from. */
  producer(value: string): OnnxNode | undefined;
  /** Whether one node only uses it, so that it is free to change. */
  isUsedOnce(value: string): boolean;
  /** Adds a tensor, unless there is one of that name. @returns the name. */
  add(tensor: OnnxTensor): string;
  /** Tells the shape of floats that a rule's nodes make. */
  setShape(value: string, shape: Dim[]): void;
}

/** @returns nodes that compute the outputs of this node in another way; undefined where it is not what the rule is for. */
export type Rule = (node: OnnxNode, surroundings: Surroundings) => OnnxNode[] | undefined;
