import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { expect, test } from 'vitest';

/** Source files that are loaded when the bundle of an entry is, without what it imports later. */
function loadedAtOnce({ outputs }: Metafile, entryPoint: string): string[] {
  const [first] = Object.entries(outputs).flatMap(([file, output]) => (output.entryPoint === entryPoint ? [file] : []));
  const seen = new Set<string>();
  const waiting = first === undefined ? [] : [first];
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const { path, kind, external } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement' && !external) waiting.push(path);
  }
  return [...seen].flatMap((file) => Object.keys(outputs[file]?.inputs ?? {}));
}

test('a cold start of the inference function loads neither the SDK nor all of zod', async () => {
  const entries = ['lambdas/inference/handler.ts', 'lambdas/inference/function.ts'];
  const { metafile } = await build({
    entryPoints: entries,
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    outdir: 'dist/cold-start',
    write: false,
    metafile: true,
    external: ['onnxruntime-node'],
  });
  const loaded = entries.flatMap((entry) => loadedAtOnce(metafile, entry));
  expect(loaded).toContain('lambdas/s3/plain-objects.ts');
  expect(loaded.filter((file) => /@aws-sdk|@smithy|zod\/v4\/classic/.test(file))).toEqual([]);
});
