import * as z from 'zod';

/** The state machine as a graph to draw. State names are unique in a definition, nested ones included. */
export interface WorkflowGraph {
  startAt: string;
  nodes: WorkflowNode[];
  edges: WorkflowEdge[];
}

export interface WorkflowNode {
  id: string;
  /** ASL state type, such as `Task` or `Map`. */
  type: string;
  label: string;
  /** The Map or Parallel state that holds it; null at the top. */
  parent: string | null;
}

export interface WorkflowEdge {
  from: string;
  to: string;
  kind: 'next' | 'catch' | 'choice';
}

const state = z.looseObject({
  Type: z.string(),
  Next: z.string().optional(),
  Default: z.string().optional(),
  Choices: z.array(z.looseObject({ Next: z.string() })).optional(),
  Catch: z.array(z.looseObject({ Next: z.string() })).optional(),
  get ItemProcessor() {
    return states.optional();
  },
  get Iterator() {
    return states.optional();
  },
  get Branches() {
    return z.array(states).optional();
  },
});
const states = z.looseObject({
  StartAt: z.string(),
  get States() {
    return z.record(z.string(), state);
  },
});
type States = z.infer<typeof states>;

/** Reads a definition in Amazon States Language (parsed JSON). Throws a ZodError where it is none. */
export function toWorkflowGraph(definition: unknown): WorkflowGraph {
  const machine = states.parse(definition);
  const graph: WorkflowGraph = { startAt: machine.StartAt, nodes: [], edges: [] };
  collect(machine, null, graph);
  return graph;
}

function collect(machine: States, parent: string | null, graph: WorkflowGraph): void {
  for (const [id, { Type, ...rest }] of Object.entries(machine.States)) {
    graph.nodes.push({ id, type: Type, label: id, parent });
    const targets: [WorkflowEdge['kind'], string[]][] = [
      ['next', rest.Next ? [rest.Next] : []],
      ['choice', [...(rest.Choices ?? []).map((choice) => choice.Next), ...(rest.Default ? [rest.Default] : [])]],
      ['catch', (rest.Catch ?? []).map((handler) => handler.Next)],
    ];
    for (const [kind, names] of targets) for (const to of new Set(names)) graph.edges.push({ from: id, to, kind });
    for (const inner of [rest.ItemProcessor, rest.Iterator, ...(rest.Branches ?? [])])
      if (inner) collect(inner, id, graph);
  }
}
