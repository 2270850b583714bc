/** A graph of so many bytes is worth preparing for a kind of processor (lambdas/inference/prepared-graph.ts). */
export const LARGE_GRAPH_BYTES = 8_000_000;
