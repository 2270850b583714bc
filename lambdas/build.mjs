// Bundles the three Lambda functions to dist/lambdas/<name>/index.mjs. Runs on any Node >= 20.
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const names = ['initialize', 'inference', 'summarize'];
/** Files that a function starts as threads of their own. */
const threads = { inference: { 'session-worker': `${root}/lambdas/inference/session-worker.ts` } };
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

await rm(`${root}/dist/lambdas`, { recursive: true, force: true });
await Promise.all(
  names.map((name) =>
    build({
      entryPoints: { index: `${root}/lambdas/${name}/handler.ts`, ...threads[name] },
      outdir: `${root}/dist/lambdas/${name}`,
      outExtension: { '.js': '.mjs' },
      chunkNames: 'chunk-[hash]',
      bundle: true,
      // Parts that are imported when they are needed stay files of their own, so that a cold start does not read them.
      splitting: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      // The HDF5 library's code is a string of any characters: escaped, it is half as long again.
      charset: 'utf8',
      mainFields: ['module', 'main'],
      sourcemap: true,
      // Native code: found in node_modules, beside dist/ in a checkout and in the image on AWS.
      external: ['onnxruntime-node'],
      plugins: [onlyEnglish],
      // CommonJS packages inside an ES module look for require.
      banner: {
        js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
      },
      logLevel: 'warning',
    }),
  ),
);
