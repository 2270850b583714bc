import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const VENV = path.resolve('dist/bench-peers');
const exec = promisify(execFile);

/** Other implementations that run a Distributed Map and are one `pip install` away. */
const peers: {
  name: string;
  packages: string[];
  command: (port: number) => [string, string[], Record<string, string>];
  /** What it must be told before it executes anything. */
  prepare?: (endpoint: string) => Promise<unknown>;
}[] = [
  {
    name: 'moto',
    packages: ['moto[server,stepfunctions]', 'boto3'],
    command: (port) => ['moto_server', ['-H', '127.0.0.1', '-p', String(port)], {}],
    prepare: (endpoint) =>
      fetch(`${endpoint}/moto-api/config`, {
        method: 'POST',
        body: JSON.stringify({ stepfunctions: { execute_state_machine: true } }),
      }),
  },
  {
    name: 'ministack',
    packages: ['ministack', 'boto3'],
    command: (port) => ['ministack', [], { GATEWAY_PORT: String(port), MINISTACK_HOST: '127.0.0.1' }],
  },
];

interface PeerRate {
  name: string;
  items: number;
  itemsPerSecond: number | null;
  note: string;
}

const LIMIT_MS = 120_000;

/**
 * Items per second of each peer for a Distributed Map of Pass children, in memory as they are by default. Some slow down
 * with the number of items: each size is measured for itself.
 * @returns a peer that could not be installed or failed has the reason instead of a rate; empty without Python.
 */
export async function measurePeers(sizes: number[]): Promise<PeerRate[]> {
  if (spawnSync('python3', ['--version']).status !== 0) return [];
  const rates: PeerRate[] = [];
  for (const peer of peers) for (const items of sizes) rates.push(await measure(peer, items));
  return rates;
}

async function measure(peer: (typeof peers)[number], items: number): Promise<PeerRate> {
  const result = await rateOf(peer, items);
  return { name: peer.name, items, ...result };
}

async function rateOf(peer: (typeof peers)[number], items: number): Promise<Omit<PeerRate, 'name' | 'items'>> {
  const bin = path.join(VENV, peer.name, 'bin');
  try {
    if (!existsSync(path.join(bin, 'installed'))) {
      await exec('python3', ['-m', 'venv', path.join(VENV, peer.name)]);
      await exec(path.join(bin, 'pip'), ['install', '-q', ...peer.packages], { maxBuffer: 2 ** 26 });
      await exec('touch', [path.join(bin, 'installed')]);
    }
    const port = await freePort();
    const [program, args, env] = peer.command(port);
    const server = spawn(path.join(bin, program), args, { stdio: 'ignore', env: { ...process.env, ...env } });
    try {
      await untilListening(port);
      await peer.prepare?.(`http://127.0.0.1:${port}`);
      const { stdout } = await exec(
        path.join(bin, 'python'),
        ['bench/peers.py', `http://127.0.0.1:${port}`, String(items)],
        { timeout: LIMIT_MS },
      );
      const result = JSON.parse(stdout) as { status: string; seconds: number };
      if (result.status !== 'SUCCEEDED') return { itemsPerSecond: null, note: `the execution ended ${result.status}` };
      return { itemsPerSecond: items / result.seconds, note: '' };
    } finally {
      server.kill('SIGKILL');
    }
  } catch (error) {
    const { killed, message } = error as Error & { killed?: boolean };
    return {
      itemsPerSecond: null,
      note: killed ? `not done in ${LIMIT_MS / 1000} s` : (message.split('\n')[0] ?? 'failed'),
    };
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(port: number): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (open) return;
    await delay(100);
  }
  throw new Error('the peer did not listen within 60 s');
}
