// Puts the inference function into a folder that Lambda, or the local runtime, runs as it is: the bundle that build.mjs
// made, and of ONNX Runtime what one architecture needs (the package brings five). Runs on any Node >= 20.
//
//   node lambdas/assemble.mjs arm64|x86_64 FOLDER
import { cpSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Node's names of the architectures, by AWS's, Docker's and Node's. */
const ARCHITECTURES = { arm64: 'arm64', x86_64: 'x64', amd64: 'x64', x64: 'x64' };

const [architecture, folder] = process.argv.slice(2);
const arch = ARCHITECTURES[architecture];
if (!arch || !folder) {
  console.error('Usage: node lambdas/assemble.mjs arm64|x86_64 FOLDER');
  process.exit(2);
}
const root = fileURLToPath(new URL('..', import.meta.url));
const runs = (file) => !/\.(map|d\.ts)$/.test(file);

rmSync(folder, { recursive: true, force: true });
copy('dist/lambdas/inference', '.');
const native = `node_modules/onnxruntime-node/bin/napi-v6/linux/${arch}`;
copy(native, native);
const files = readdirSync(folder, { recursive: true }).map((file) => statSync(path.join(folder, file)));
const megabytes = files.reduce((bytes, { size }) => bytes + size, 0) / 1e6;
console.log(`${folder}: the inference function for linux/${arch}, ${megabytes.toFixed(1)} MB`);

function copy(from, to) {
  mkdirSync(path.dirname(path.join(folder, to)), { recursive: true });
  cpSync(path.join(root, from), path.join(folder, to), { recursive: true, filter: runs });
}
