import { localConnection, onConnection } from '../connection.ts';
import { env } from '../env.ts';
import { checkDatabase } from '../server/check-database.ts';
import { provideModel } from '../server/install-model.ts';
import { accepted } from './accepted.ts';
import { build } from './build.ts';
import { type Stack, startStack } from './stack.ts';
import { root } from './step.ts';

const LOOPBACK = /^(localhost|127\.[\d.]+|::1)$/;

/** `npm start`: builds what is out of date, starts everything, stays until a signal. */
export async function start(options: { json: boolean }): Promise<void> {
  await build((step) => console.error(`· ${step}`));
  const stack = await startAll();
  console.log(
    options.json ? JSON.stringify({ ready: true, url: stack.url }) : `Starmap is at ${stack.url}   (Ctrl+C stops it)`,
  );
  await untilStopped(stack);
}

/**
 * Starts what the environment asks for. The local runtime runs unless the environment says AWS: the settings page can
 * switch to it at any time. It gets the model package that the checkout brings where it has none of that name, so that
 * there is one to choose.
 */
export async function startAll(): Promise<Stack> {
  const { home, host, port, runtimePort, backend } = env();
  const withRuntime = backend !== 'aws';
  if (!LOOPBACK.test(host))
    console.error(
      `The dashboard listens on ${host}. It has no sign-in: whoever reaches it can launch runs and delete data. Let only a proxy that signs people in, or a network you trust, reach it.`,
    );
  // Before anything runs that could not work without it.
  await checkDatabase();
  const stack = await startStack({ home, host, port, runtimePort, withRuntime });
  if (withRuntime)
    await onConnection(localConnection(), async () =>
      accepted(await provideModel(`${root}/lambdas/models/photoz`, { bucket: 'starmap', prefix: 'models/photoz' })),
    );
  return stack;
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
