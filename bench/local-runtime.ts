import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

export interface LocalRuntime {
  home: string;
  connection: {
    endpoint: string;
    region: string;
    accessKeyId: string;
    secretAccessKey: string;
    bucket: string;
    stateMachineArn: string;
    functions: { inference: Record<string, string>; summarize: string };
  };
  /** Settings for any SDK client. */
  client: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };
  process: ChildProcess;
  /**
   * Ends its execution environments, so that the next invocation is a cold start; in memory that a process has just given
   * back, as the programs beside it have that end each time. Environments that stay would leave to the next one only
   * memory that the host of a virtual machine has to provide first: 60 MB take 160 instead of 20 ms there.
   */
  endEnvironments(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the local runtime as `npm start` does, on a free port with a state folder of its own.
 * @param functions folder with the bundled functions, if not the product's.
 * @param concurrency execution environments that work at once; they share the cores as threads. Default: one a core.
 */
export async function startLocalRuntime(functions = 'dist/lambdas', concurrency?: number): Promise<LocalRuntime> {
  const home = mkdtempSync(path.join(tmpdir(), 'starmap-bench-'));
  const child = spawn(
    process.execPath,
    ['infra/local/main.ts', '--home', home, '--port', '0', '--functions', functions],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...(concurrency === undefined ? {} : { STARMAP_CONCURRENCY: String(concurrency) }) },
    },
  );
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the local runtime ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{"ready":true')) resolve();
    });
  });
  const connection = JSON.parse(readFileSync(path.join(home, 'connection.json'), 'utf8')) as LocalRuntime['connection'];
  const { endpoint, region, accessKeyId, secretAccessKey } = connection;
  return {
    home,
    connection,
    client: { endpoint, region, credentials: { accessKeyId, secretAccessKey } },
    process: child,
    endEnvironments: () => endChildren(child.pid ?? 0),
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function endChildren(pid: number): Promise<void> {
  const children = () =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  for (const child of children()) process.kill(child, 'SIGKILL');
  // Gone when the runtime has heard of it.
  while (children().length > 0) await delay(10);
}
