import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{app,components,lib,infra,lambdas,bench}/**/*.test.ts', '{app,components}/**/*.test.tsx'],
    // What a test waits for comes, or not; how soon is for bench/ to say. A busy machine may take several times as long.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 90_000, interval: 20 } },
    maxWorkers: 2,
    // As the functions tell ONNX Runtime (lambdas/inference/session-thread.ts), for tests that use it themselves.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    // One line per file on success; the closing line of npm test comes from lib/cli/test.ts.
    reporters: ['default'],
  },
  resolve: { alias: { '@': import.meta.dirname } },
});
