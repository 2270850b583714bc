/** Called by Next once per server process, before the first request. */
export async function register(): Promise<void> {
  // Next compiles this file for the browser's edge runtime too and drops this branch there: it must read the variable.
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { passBodyLengths } = await import('./lib/server/body-length.ts');
  const { startServer } = await import('./lib/server/start-server.ts');
  passBodyLengths();
  startServer();
}
