import { startModelThreads } from './model-threads.ts';
import { threadCount } from './thread-count.ts';

// Its start and loading ONNX Runtime are the longest way of a cold start; the rest of the code is loaded meanwhile.
const threadsUsed = threadCount();
const threads = startModelThreads(threadsUsed);
const { openInference } = await import('./function.ts');

/** What Lambda calls. */
export const handler = openInference(threads, threadsUsed);
