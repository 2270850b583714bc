#!/usr/bin/env node
// Entry of every npm script. Plain JavaScript that any Node from 18 on can run: it installs the dependencies where they
// are missing or out of date, then hands over to the Node 24 that is one of them (the version Lambda runs).
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const stamp = path.join(root, 'node_modules', '.starmap-lock');

install();
const node = findNode();
const child = spawn(node, [path.join(root, 'lib/cli/main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env.PATH}`,
    NEXT_TELEMETRY_DISABLED: '1',
    ORT_DISABLE_TELEMETRY: '1',
    CHECKPOINT_DISABLE: '1',
  },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));

function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const startedAt = Date.now();
  process.stderr.write('Installing dependencies (npm ci) …\n');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
    : spawnSync('npm', args, {
        cwd: root,
        stdio: ['ignore', 'ignore', 'inherit'],
        shell: process.platform === 'win32',
      });
  if (result.status !== 0) {
    process.stderr.write(
      'npm ci failed (see above). Starmap needs the npm registry for its first start; run the command again once it is reachable.\n',
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
  process.stderr.write(`Dependencies installed in ${Math.round((Date.now() - startedAt) / 1000)} s\n`);
}

function findNode() {
  for (const name of ['node_modules/node/bin/node', 'node_modules/.bin/node', 'node_modules/.bin/node.exe']) {
    const candidate = path.join(root, name);
    if (existsSync(candidate) && spawnSync(candidate, ['--version']).status === 0) return candidate;
  }
  // npm can be told to run no install scripts; the `node` package then leaves no binary behind.
  if (Number(process.versions.node.split('.')[0]) >= 23) return process.execPath;
  process.stderr.write(
    `Starmap needs Node 24. Its npm package "node" brings one, but its install script did not run, and this machine's Node is ${process.version}.\n` +
      'Allow it (npm install-scripts approve node && npm ci) or install Node 24, then try again.\n',
  );
  process.exit(1);
}
