import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** What main.ts writes for its clients. */
export interface WrittenConnection {
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  bucket: string;
  stateMachineArn: string;
  functions: { initialize: string; summarize: string; inference: Record<string, string> };
}

export interface RuntimeProcess {
  home: string;
  pid(): number;
  /** Of the latest start: the port may change. */
  connection(): WrittenConnection;
  /** Settings for any SDK client. */
  client(): { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };
  start(): Promise<void>;
  /** @returns the exit code. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  /** Ends the process and removes its state. */
  remove(): Promise<void>;
}

/** Does nothing, but fast. */
const IDLE = 'export const handler = async (event) => event;\n';

/**
 * The local runtime as `npm start` starts it: a process of its own, state in a temporary folder.
 * @param inference source of the module that stands for the inference function, of every memory size; `real`: Starmap's
 * own three functions, as they were built last; or the folder of the three.
 */
export async function startRuntimeProcess(
  inference: string | 'real' | { functions: string } = IDLE,
): Promise<RuntimeProcess> {
  const home = mkdtempSync(path.join(tmpdir(), 'starmap-runtime-'));
  const functions = functionsFolder(home, inference);
  let child: ChildProcess;
  const connection = () => JSON.parse(readFileSync(path.join(home, 'connection.json'), 'utf8')) as WrittenConnection;
  const runtime: RuntimeProcess = {
    home,
    pid: () => child.pid as number,
    connection,
    client() {
      const { endpoint, region, accessKeyId, secretAccessKey } = connection();
      return { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
    },
    async start() {
      const args = ['infra/local/main.ts', '--home', home, '--port', '0', '--functions', functions];
      child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise<void>((resolve, reject) => {
        child.once('exit', (code) => reject(new Error(`the runtime ended with ${code} before it was ready`)));
        createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
          if (line.startsWith('{"ready":true')) resolve();
        });
      });
    },
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        child.kill(signal);
        await gone;
      }
      return child.exitCode;
    },
    async remove() {
      await runtime.end('SIGKILL');
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
  await runtime.start();
  return runtime;
}

function functionsFolder(home: string, inference: string | { functions: string }): string {
  if (typeof inference === 'object') return inference.functions;
  if (inference === 'real') return 'dist/lambdas';
  for (const [name, source] of Object.entries({ initialize: IDLE, inference, summarize: IDLE })) {
    mkdirSync(path.join(home, 'functions', name), { recursive: true });
    writeFileSync(path.join(home, 'functions', name, 'index.mjs'), source);
  }
  return path.join(home, 'functions');
}
