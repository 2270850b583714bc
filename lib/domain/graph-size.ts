/**
 * A graph of so many bytes is worth preparing for a kind of processor (lambdas/inference/prepared-graph.ts): smaller ones
 * are loaded and run in no time. All threads of an environment load it at once, while of a smaller one only those do that
 * it turns out to need (lambdas/inference/model-threads.ts).
 */
export const PREPARED_GRAPH_BYTES = 100_000;

/** From so many bytes on, weights are not packed where a session has one thread (lambdas/inference/ort-session.ts). */
export const LARGE_GRAPH_BYTES = 8_000_000;
