import { setFlagsFromString } from 'node:v8';
import { startModelThreads } from './model-threads.ts';
import { threadCount } from './thread-count.ts';

// Heaps grow in small steps: 3 to 5 MB less for an item of 1 GB, in the same time.
setFlagsFromString('--optimize-for-size');

// Its start and loading ONNX Runtime are the longest way of a cold start; the rest of the code is loaded meanwhile.
const threadsUsed = threadCount();
const threads = startModelThreads(threadsUsed);
const { openInference } = await import('./function.ts');

/** What Lambda calls. */
export const handler = openInference(threads, threadsUsed);
