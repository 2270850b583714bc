import { env } from '../env.ts';
import { build } from './build.ts';
import { startStack } from './stack.ts';

/** `npm start`: builds what is out of date, starts everything, stays until a signal. */
export async function start(options: { json: boolean }): Promise<void> {
  await build((step) => console.error(`· ${step}`));
  const stack = await startStack(stackOptions());
  console.log(
    options.json ? JSON.stringify({ ready: true, url: stack.url }) : `Starmap is at ${stack.url}   (Ctrl+C stops it)`,
  );
  await untilStopped(stack);
}

/** Folders and ports from the environment. */
export function stackOptions() {
  const { home, port, runtimePort, backend } = env();
  return { home, port, runtimePort, withRuntime: backend === 'local' };
}

/** Waits for Ctrl+C (or a part that cannot be kept running), then stops all parts. */
export async function untilStopped(stack: { stop(): Promise<void>; broken: Promise<Error> }): Promise<void> {
  const signal = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve());
  });
  const error = await Promise.race([signal, stack.broken]);
  await stack.stop();
  if (error) throw error;
  process.exit(0);
}
