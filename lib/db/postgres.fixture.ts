import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where the server's programs are; Debian keeps them out of the PATH. The newest first. */
const folders = ['', ...globSync('/usr/lib/postgresql/*/bin').reverse()];
const programs = folders.find((folder) =>
  ['initdb', 'postgres', 'psql'].every((name) => spawnSync(path.join(folder, name), ['--version']).status === 0),
);

/** Why the tests on Postgres are left out; null where they run. */
export const postgresAbsent =
  programs !== undefined ? null : 'PostgreSQL is not installed (initdb, postgres and psql are not found)';

/** With every character that means something in a URL. */
const PASSWORD = 'se:cret@/#%';

export interface Postgres {
  port: number;
  /** DATABASE_URL of a database; a new one with nothing in it if no name is given. */
  url(name?: string): Promise<string>;
  /** Runs SQL as the owner of all. @returns one line per row, columns parted by | */
  sql(text: string, database?: string): Promise<string[]>;
  /** Ends the server at once, as a power cut would. */
  kill(): Promise<void>;
  /** After `kill`. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a real Postgres of its own, in a temporary folder, on a free port of 127.0.0.1, with a password to it. */
export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(path.join(tmpdir(), 'starmap-pg-'));
  const owner = unprivileged();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const passwordFile = path.join(folder, 'password');
  writeFileSync(passwordFile, PASSWORD);
  const data = path.join(folder, 'data');
  const port = await freePort();
  await run(
    program('initdb'),
    ['-D', data, '-U', 'starmap', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '--no-sync', '--encoding=UTF8'],
    { ...owner, cwd: folder },
  );
  let server = await startServer(folder, data, port, owner);
  let databases = 0;

  const urlOf = (name: string) => `postgresql://starmap:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${name}`;
  const sql = async (text: string, database = 'postgres') => {
    const { stdout } = await run(program('psql'), [urlOf(database), '-AtX', '-v', 'ON_ERROR_STOP=1', '-c', text]);
    return stdout.split('\n').filter((line) => line !== '');
  };
  return {
    port,
    async url(name) {
      const database = name ?? `test_${++databases}`;
      if (!name) await sql(`CREATE DATABASE ${database}`);
      return urlOf(database);
    },
    sql,
    kill: () => end(server, 'SIGQUIT'),
    async restart() {
      server = await startServer(folder, data, port, owner);
    },
    async stop() {
      await end(server, 'SIGQUIT');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function startServer(
  folder: string,
  data: string,
  port: number,
  owner: Owner | undefined,
): Promise<ChildProcess> {
  const settings = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    'fsync=off',
    'log_min_messages=log',
  ];
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  const server = spawn(program('postgres'), args, { ...owner, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`postgres ended with ${code}:\n${lines.join('\n')}`)));
    createInterface({ input: server.stderr }).on('line', (line) => {
      lines.push(line);
      if (line.includes('ready to accept connections')) resolve();
    });
  });
  return server;
}

async function end(server: ChildProcess, signal: 'SIGQUIT'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, 'exit');
  server.kill(signal);
  await gone;
}

interface Owner {
  uid: number;
  gid: number;
}

/** Postgres refuses to be run by root. */
function unprivileged(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ['postgres', 'nobody'])
    try {
      const id = (flag: string) => Number(execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // No such user: the next one.
    }
  return undefined;
}

const program = (name: string) => path.join(programs ?? '', name);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
