import { startSessionThread, threadCount } from './session.ts';

// Its start and loading ONNX Runtime are the longest way of a cold start; the rest of the code is loaded meanwhile.
const threads = threadCount();
const thread = startSessionThread(threads);
const { openInference } = await import('./function.ts');

/** What Lambda calls. */
export const handler = openInference(thread, threads);
