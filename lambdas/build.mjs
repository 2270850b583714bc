// Bundles the three Lambda functions to dist/lambdas/<name>/index.mjs. Runs on any Node >= 20.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const functions = {
  initialize: { index: 'initialize/handler.ts' },
  // Its handler is a file of its own (below).
  inference: { function: 'inference/function.ts' },
  summarize: { index: 'summarize/handler.ts' },
};
/** zod brings its messages in 50 languages; what is not read needs no loading. */
const onlyEnglish = {
  name: 'only-english',
  setup(build) {
    build.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: `${root}/node_modules/zod/v4/locales`,
    }));
  },
};
/**
 * The HDF5 library has its WebAssembly as a string in its code: 3.5 MB that V8 parses, keeps and decodes. As a file beside
 * the code it takes 19 MB less memory and 100 ms less.
 */
const hdf5AsFile = (outdir) => ({
  name: 'hdf5-as-file',
  setup(build) {
    build.onLoad({ filter: /h5wasm\/dist\/esm\/hdf5_util\.js$/ }, async ({ path }) => {
      const code = await readFile(path, 'utf8');
      const [call, text] = /binaryDecode\(('(?:[^'\\]|\\.)*')\)/s.exec(code) ?? [];
      if (!call) throw new Error(`${path}: its WebAssembly is not where it was; see what the new version does`);
      await mkdir(outdir, { recursive: true });
      // A byte is a character, as its binaryDecode has it.
      await writeFile(`${outdir}/hdf5.wasm`, Buffer.from(new Function(`return ${text}`)(), 'latin1'));
      const read = `process.getBuiltinModule('node:fs').readFileSync(new URL('./hdf5.wasm', import.meta.url))`;
      // V8 has a copy of its own; the one that was read would be kept for ever.
      const kept = 'wasmBinaryFile??=findWasmBinary()';
      if (!code.includes(kept))
        throw new Error(`${path}: keeps its WebAssembly no more; see what the new version does`);
      return { contents: code.replace(call, () => read).replace(kept, 'var wasmBinaryFile=findWasmBinary()') };
    });
  },
});

/** Native code is found in node_modules, beside dist/ in a checkout and in the image on AWS; the code around it is bundled. */
const nativeCode = {
  name: 'native-code',
  setup(build) {
    build.onLoad({ filter: /onnxruntime-node\/dist\/binding\.js$/ }, async ({ path }) => {
      const code = await readFile(path, 'utf8');
      const found = code.replace('require(`../bin/', 'require(`onnxruntime-node/bin/');
      if (found === code)
        throw new Error(`${path}: does not load its native code as it did; see what the new version does`);
      return { contents: found };
    });
  },
};

/** Are imported when they are needed, from files that share nothing with the one that imports them. */
const ownFiles = (...names) => ({
  name: 'own-files',
  setup(build) {
    build.onResolve({ filter: new RegExp(`/(${names.join('|')})\\.ts$`) }, ({ kind, path: file }) =>
      kind === 'dynamic-import' ? { path: `./${path.basename(file, '.ts')}.mjs`, external: true } : undefined,
    );
  },
});

/**
 * esbuild puts what files have in common into chunks of their own: the inference function shares something with each
 * format, and was loaded as eleven files. Where all that is imported later imports the function too, it is one.
 */
const inOneChunk = {
  name: 'in-one-chunk',
  setup(build) {
    const [entry] = Object.values(build.initialOptions.entryPoints);
    const later = new Set();
    build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ kind, path: named, resolveDir }) => {
      if (kind === 'dynamic-import') later.add(path.resolve(resolveDir, named));
      return undefined;
    });
    build.onLoad({ filter: /\.ts$/ }, async ({ path: file }) =>
      later.has(file)
        ? {
            contents: `${await readFile(file, 'utf8')}\nimport ${JSON.stringify(`${root}lambdas/${entry}`)};\n`,
            loader: 'ts',
          }
        : undefined,
    );
  },
};

const common = {
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  sourcemap: true,
  // CommonJS packages inside an ES module look for require.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  logLevel: 'warning',
};

await rm(`${root}/dist/lambdas`, { recursive: true, force: true });
await Promise.all([
  ...Object.entries(functions).map(([name, entries]) =>
    build({
      ...common,
      entryPoints: entries,
      absWorkingDir: `${root}/lambdas`,
      outdir: `${root}/dist/lambdas/${name}`,
      chunkNames: 'chunk-[hash]',
      // Parts that are imported when they are needed stay files of their own, so that a cold start does not read them.
      splitting: true,
      plugins: [onlyEnglish, hdf5AsFile(`${root}/dist/lambdas/${name}`), inOneChunk],
    }),
  ),
  build({
    ...common,
    entryPoints: { index: `${root}/lambdas/inference/handler.ts` },
    outdir: `${root}/dist/lambdas/inference`,
    plugins: [ownFiles('function')],
  }),
  // The inference function starts it as threads of their own. One file: each more is a millisecond of a cold start.
  build({
    ...common,
    entryPoints: { 'session-worker': `${root}/lambdas/inference/session-worker.ts` },
    outdir: `${root}/dist/lambdas/inference`,
    plugins: [nativeCode, ownFiles('tune-graph', 'half-precision')],
  }),
  build({
    ...common,
    entryPoints: {
      'tune-graph': `${root}/lambdas/inference/tune-graph.ts`,
      'half-precision': `${root}/lambdas/onnx/half-precision.ts`,
    },
    outdir: `${root}/dist/lambdas/inference`,
  }),
]);
