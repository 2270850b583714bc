import { availableParallelism, totalmem } from 'node:os';

/** Lambda gives one vCPU per this much configured memory. */
const MB_PER_VCPU = 1769;
/** A session's memory by the size of its graph, while it loads an ONNX file and where it packs the weights. */
const MEMORY_PER_GRAPH = 2.5;
/** Sessions besides the first may take this share of the environment's memory. */
const SESSIONS_SHARE = 0.25;

/** Threads for one environment: as told, else its share of vCPUs by its memory. */
export function threadCount(env: Record<string, string | undefined> = process.env): number {
  const told = Number(env.STARMAP_THREADS);
  if (Number.isInteger(told) && told > 0) return told;
  const share = Number(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE) / MB_PER_VCPU;
  return Math.min(Number.isFinite(share) && share > 1 ? Math.ceil(share) : 1, availableParallelism());
}

/**
 * How many sessions share the threads. One for each thread is the fastest: within a session some operations use one
 * thread only, and each ends with waiting for the slowest (published size, 2 threads: 287 samples/s with two sessions, 253
 * with one). But each holds a copy of an ONNX graph, so a large one has fewer, with more threads each.
 */
export function sessionCount(threads: number, graphBytes: number, memoryBytes: number): number {
  const affordable = 1 + Math.floor((memoryBytes * SESSIONS_SHARE) / (graphBytes * MEMORY_PER_GRAPH));
  let sessions = Math.min(threads, affordable);
  while (threads % sessions !== 0) sessions -= 1;
  return sessions;
}

/** What the function is configured with; elsewhere that of the machine. */
export function environmentMemory(): number {
  const configured = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE) * 1024 * 1024;
  return configured > 0 ? configured : totalmem();
}
