import { bin, root, run, unlessUpToDate } from './step.ts';

/**
 * Generates the database client, bundles the Lambda functions and builds the dashboard; each only where its sources
 * changed since it was last done.
 * @param say told the name of each step that has to run.
 */
export async function build(say: (step: string) => void = () => {}): Promise<void> {
  await generateClient();
  await bundleFunctions(say);
  const sources = [
    '{app,components,lib}/**/*.{ts,tsx,css,json}',
    // Not all of *.ts: the build itself writes next-env.d.ts.
    '{instrumentation,next.config}.ts',
    'postcss.config.mjs',
    'package-lock.json',
    'prisma/schema.prisma',
  ];
  await unlessUpToDate('.next/starmap-stamp', sources, async () => {
    say('build the dashboard');
    await run('Building the dashboard', process.execPath, [bin('next', 'dist/bin/next'), 'build'], {
      NODE_ENV: 'production',
    });
  });
}

/** Bundles the Lambda functions into `dist/lambdas`. */
export async function bundleFunctions(say: (step: string) => void): Promise<void> {
  await unlessUpToDate(
    'dist/lambdas/.stamp',
    ['lambdas/**/*.{ts,mjs}', 'lib/domain/**/*.ts', 'package-lock.json'],
    async () => {
      say('bundle the Lambda functions');
      await run('Bundling the Lambda functions', process.execPath, ['lambdas/build.mjs']);
    },
  );
}

/**
 * `prisma generate`, once for each kind of database, with our own schema engine: the native one would be downloaded from
 * elsewhere.
 */
export async function generateClient(): Promise<void> {
  await unlessUpToDate(
    'lib/db/generated/.stamp',
    ['prisma/schema.prisma', 'prisma.config.ts', 'lib/cli/build.ts', 'package-lock.json'],
    async () => {
      // Nothing is opened: the kind alone is read from it.
      for (const DATABASE_URL of ['file:starmap.db', 'postgresql://localhost/starmap'])
        await run('prisma generate', process.execPath, [bin('prisma', 'build/index.js'), 'generate'], {
          DATABASE_URL,
          PRISMA_SCHEMA_ENGINE_BINARY: `${root}/prisma/schema-engine.mjs`,
          CHECKPOINT_DISABLE: '1',
        });
    },
  );
}
