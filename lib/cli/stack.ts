import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { bin, root } from './step.ts';

export interface StackOptions {
  /** State folder, absolute. */
  home: string;
  /** Address on which the dashboard listens. */
  host: string;
  /** Dashboard port; 0 = any free one. */
  port: number;
  /** Local runtime port; 0 = any free one. */
  runtimePort: number;
  /** Start the local runtime too (false with the AWS backend). */
  withRuntime: boolean;
}

export interface Stack {
  url: string;
  stop(): Promise<void>;
  /** Settles when a part could not be kept running. */
  broken: Promise<Error>;
}

/** A problem the user can solve; shown without a stack trace. */
export class StartError extends Error {
  override name = 'StartError';
}

const READY_TIMEOUT_MS = 30_000;
/** A part that dies this often within a minute is not restarted again. */
const MAX_RESTARTS_PER_MINUTE = 5;

/**
 * Starts the local runtime and the dashboard as child processes, waits until both answer, and restarts either if it
 * dies. The runtime binds to 127.0.0.1, whatever the dashboard does.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  mkdirSync(options.home, { recursive: true, mode: 0o700 });
  const other = runningStack(options.home);
  if (other)
    throw new StartError(
      `Starmap already runs on this state folder (process ${other.pid}): ${other.url}\nStop it first, or use another folder: STARMAP_HOME=<folder>.`,
    );
  const port = await claimPort(options.host, options.port, 'STARMAP_PORT');
  const parts: Part[] = [];
  let reportBroken: (error: Error) => void = () => {};
  const broken = new Promise<Error>((resolve) => {
    reportBroken = resolve;
  });
  const stop = async () => {
    rmSync(stackFile(options.home), { force: true });
    await Promise.all(parts.map((part) => part.stop()));
  };
  try {
    if (options.withRuntime) parts.push(await keepRunning(() => spawnRuntime(options), waitForReadyLine, reportBroken));
    const url = `http://${reachedAs(options.host)}:${port}`;
    parts.push(
      await keepRunning(
        () => spawnDashboard(options, port),
        (child) => waitForHealth(child, url),
        reportBroken,
      ),
    );
    writeFileSync(stackFile(options.home), JSON.stringify({ pid: process.pid, url }));
    return { url, stop, broken };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The stack that serves this state folder, if its process is alive. */
export function runningStack(home: string): { pid: number; url: string } | undefined {
  try {
    const stack = JSON.parse(readFileSync(stackFile(home), 'utf8')) as { pid: number; url: string };
    process.kill(stack.pid, 0);
    // In a container every start may get the process number that the last one had.
    return stack.pid === process.pid ? undefined : stack;
  } catch {
    return undefined;
  }
}

/** How this machine reaches what listens on an address: all addresses are none to connect to. */
const reachedAs = (host: string) =>
  host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;

const stackFile = (home: string) => path.join(home, 'stack.json');

interface Part {
  stop(): Promise<void>;
}

async function keepRunning(
  start: () => ChildProcess,
  ready: (child: ChildProcess) => Promise<void>,
  broken: (error: Error) => void,
): Promise<Part> {
  let stopping = false;
  let child = start();
  const restarts: number[] = [];
  const watch = () =>
    child.once('exit', async (code) => {
      if (stopping) return;
      const now = Date.now();
      restarts.push(now);
      if (restarts.filter((at) => at > now - 60_000).length > MAX_RESTARTS_PER_MINUTE) {
        broken(new StartError(`A part of Starmap keeps stopping (exit ${code}); see the messages above.`));
        return;
      }
      await delay(200 * restarts.length);
      if (stopping) return;
      child = start();
      watch();
    });
  await ready(child);
  watch();
  return {
    async stop() {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 8_000);
      await gone;
      clearTimeout(killer);
    },
  };
}

function spawnRuntime(options: StackOptions): ChildProcess {
  return spawn(
    process.execPath,
    ['infra/local/main.ts', '--home', options.home, '--port', String(options.runtimePort)],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
}

function spawnDashboard(options: StackOptions, port: number): ChildProcess {
  return spawn(process.execPath, [bin('next', 'dist/bin/next'), 'start', '-H', options.host, '-p', String(port)], {
    cwd: root,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      STARMAP_HOME: options.home,
      STARMAP_PORT: String(port),
      STARMAP_LAUNCHER_PID: String(process.pid),
      NEXT_MANUAL_SIG_HANDLE: 'true',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** The runtime prints one JSON line when it listens; exit code 3 means that its port is taken. */
async function waitForReadyLine(child: ChildProcess): Promise<void> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new StartError('The local runtime did not start within 30 s.')),
      READY_TIMEOUT_MS,
    );
    lines.on('line', (line) => {
      if (!line.startsWith('{"ready":true')) return;
      clearTimeout(timer);
      resolve();
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(
        new StartError(
          code === 3
            ? 'The local runtime could not listen (see above).'
            : `The local runtime stopped while starting (exit ${code}).`,
        ),
      );
    });
  });
  (child.stdout as NodeJS.ReadableStream).resume();
}

async function waitForHealth(child: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null)
      throw new StartError(`The dashboard stopped while starting (exit ${child.exitCode}); see above.`);
    const response = await fetch(`${url}/api/health`).catch(() => undefined);
    if (response?.ok) return;
    await delay(50);
  }
  throw new StartError('The dashboard did not answer within 30 s.');
}

/** Finds out whether the port is free, and which one the system gives for 0. */
async function claimPort(host: string, port: number, variable: string): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      reject(
        new StartError(
          code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'
            ? `This machine has no address ${host}: STARMAP_HOST must be one of its own, or 0.0.0.0 for all.`
            : `Port ${port} on ${host} is in use. Stop the other program, or choose another port: ${variable}=${port + 10} npm start`,
        ),
      ),
    );
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
