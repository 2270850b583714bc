import type { WorkflowEdge, WorkflowGraph, WorkflowNode } from '@/lib/domain/workflow.ts';

/** A state placed on the drawing, px from its top left; a Map holds its inner states. */
export interface PlacedNode {
  node: WorkflowNode;
  x: number;
  y: number;
  width: number;
  height: number;
  children: PlacedNode[];
}

export interface WorkflowLayout {
  width: number;
  height: number;
  nodes: PlacedNode[];
  /** SVG path data of each edge. */
  edges: { edge: WorkflowEdge; path: string }[];
}

interface Placed {
  placed: PlacedNode[];
  width: number;
  height: number;
}

const NODE = { width: 196, height: 50 };
const GAP = { x: 52, y: 22 };
/** Inside a container: room for its own title above, air at the other sides. */
const PADDING = { top: 46, side: 14, bottom: 14 };

/**
 * Lays a state machine out from left to right. The path of a run without errors is the first row; states that only an
 * error leads to stand below it.
 */
export function layoutWorkflow(graph: WorkflowGraph): WorkflowLayout {
  const { placed, width, height } = place(graph, null, graph.startAt);
  const byId = new Map(placed.flatMap(withChildren).map((node) => [node.node.id, node]));
  const edges = graph.edges.flatMap((edge) => {
    const from = byId.get(edge.from);
    const to = byId.get(edge.to);
    return from && to ? [{ edge, path: route(from, to, edge.kind) }] : [];
  });
  return { width, height, nodes: placed, edges };
}

function place(graph: WorkflowGraph, parent: string | null, startAt: string): Placed {
  const nodes = graph.nodes.filter((node) => node.parent === parent);
  const ids = new Set(nodes.map(({ id }) => id));
  const edges = graph.edges.filter(({ from, to }) => ids.has(from) && ids.has(to));
  const columns = columnsOf(startAt, edges);
  const rows = rowsOf(nodes, edges, columns, startAt);

  const sized = nodes.map((node) => {
    const first = graph.nodes.find((inner) => inner.parent === node.id);
    const inside = first ? place(graph, node.id, first.id) : null;
    const size = inside
      ? { width: inside.width + 2 * PADDING.side, height: inside.height + PADDING.top + PADDING.bottom }
      : NODE;
    return { node, inside, ...size, column: columns.get(node.id) ?? 0, row: rows.get(node.id) ?? 0 };
  });
  const columnX = offsets(
    sized.map(({ column, width }) => [column, width]),
    GAP.x,
  );
  const rowY = offsets(
    sized.map(({ row, height }) => [row, height]),
    GAP.y,
  );
  const placed = sized.map(({ node, inside, width, height, column, row }): PlacedNode => {
    const x = columnX.at(column);
    const y = rowY.at(row) + (rowY.size(row) - height) / 2;
    const children = inside?.placed.map((child) => shift(child, x + PADDING.side, y + PADDING.top)) ?? [];
    return { node, x, y, width, height, children };
  });
  return { placed, width: columnX.end, height: rowY.end };
}

/** Column of each state: one right of the furthest state that leads to it. Loops are cut where they close. */
function columnsOf(startAt: string, edges: readonly WorkflowEdge[]): Map<string, number> {
  const columns = new Map<string, number>();
  const visit = (id: string, column: number, path: ReadonlySet<string>) => {
    if (path.has(id) || column <= (columns.get(id) ?? -1)) return;
    columns.set(id, column);
    for (const { from, to } of edges) if (from === id) visit(to, column + 1, new Set([...path, id]));
  };
  visit(startAt, 0, new Set());
  return columns;
}

function rowsOf(
  nodes: readonly WorkflowNode[],
  edges: readonly WorkflowEdge[],
  columns: ReadonlyMap<string, number>,
  startAt: string,
): Map<string, number> {
  const main = new Set<string>([startAt]);
  for (const id of main) for (const { from, to, kind } of edges) if (from === id && kind !== 'catch') main.add(to);

  const rows = new Map<string, number>();
  const taken = new Set<string>();
  const wanted = (id: string) => {
    const before = edges.find(({ to, kind }) => to === id && kind !== 'catch');
    const row = before ? rows.get(before.from) : undefined;
    return main.has(id) ? 0 : Math.max(1, row ?? 1);
  };
  // A state that an ordinary step leads to gets its row before one that only an error leads to.
  const hasStep = (id: string) => (edges.some(({ to, kind }) => to === id && kind !== 'catch') ? 0 : 1);
  const order = [...nodes].sort(
    (a, b) => (columns.get(a.id) ?? 0) - (columns.get(b.id) ?? 0) || hasStep(a.id) - hasStep(b.id),
  );
  for (const { id } of order) {
    const column = columns.get(id) ?? 0;
    let row = wanted(id);
    while (taken.has(`${column} ${row}`)) row += 1;
    taken.add(`${column} ${row}`);
    rows.set(id, row);
  }
  return rows;
}

/** Start of each column (or row) when each is as wide as its widest member. */
function offsets(members: [index: number, size: number][], gap: number) {
  const count = Math.max(0, ...members.map(([index]) => index + 1));
  const sizes = Array.from({ length: count }, (_, index) =>
    Math.max(0, ...members.filter(([at]) => at === index).map(([, size]) => size)),
  );
  const starts = sizes.map((_, index) => sizes.slice(0, index).reduce((sum, size) => sum + size + gap, 0));
  return {
    at: (index: number) => starts[index] ?? 0,
    size: (index: number) => sizes[index] ?? 0,
    end: (starts.at(-1) ?? 0) + (sizes.at(-1) ?? 0),
  };
}

function shift(node: PlacedNode, dx: number, dy: number): PlacedNode {
  return { ...node, x: node.x + dx, y: node.y + dy, children: node.children.map((child) => shift(child, dx, dy)) };
}

function withChildren(node: PlacedNode): PlacedNode[] {
  return [node, ...node.children.flatMap(withChildren)];
}

/** Errors leave a state below the ordinary way out, so that both can be seen. */
function route(from: PlacedNode, to: PlacedNode, kind: WorkflowEdge['kind']): string {
  const startX = from.x + from.width;
  const startY = kind === 'catch' ? from.y + from.height - 12 : from.y + from.height / 2;
  const endX = to.x;
  const endY = to.y + to.height / 2;
  if (endX <= startX) {
    const below = Math.max(from.y + from.height, to.y + to.height) + GAP.y / 2;
    return `M${startX},${startY}C${startX + 30},${below} ${endX - 30},${below} ${endX},${endY}`;
  }
  const bend = Math.min(GAP.x * 0.6, (endX - startX) / 2);
  return `M${startX},${startY}C${startX + bend},${startY} ${endX - bend},${endY} ${endX},${endY}`;
}
