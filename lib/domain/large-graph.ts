/**
 * A graph of so many bytes is worth preparing for a kind of processor (lambdas/inference/prepared-graph.ts), and its weights
 * are not packed where a session has one thread (session-worker.ts).
 */
export const LARGE_GRAPH_BYTES = 8_000_000;
