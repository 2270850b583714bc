import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { projectFolder } from '../env.ts';
import { database } from './database.ts';
import { onEachDatabase } from './databases.fixture.ts';

const run = promisify(execFile);

onEachDatabase((kind) => {
  /** Prisma's own command line, as in the documentation of the schema. */
  const prisma = async (...args: string[]) => {
    const { stdout } = await run(process.execPath, [projectFolder('node_modules/prisma/build/index.js'), ...args], {
      cwd: projectFolder('.'),
      env: {
        ...process.env,
        PRISMA_SCHEMA_ENGINE_BINARY: projectFolder('prisma/schema-engine.mjs'),
        CHECKPOINT_DISABLE: '1',
      },
    });
    return stdout;
  };

  test('Prisma agrees: all migrations are applied, and they make what the models say', async () => {
    await database();
    expect(await prisma('migrate', 'status')).toContain('Database schema is up to date!');
    const models = kind === 'SQLite' ? 'prisma/schema.prisma' : 'lib/db/generated/schema.postgresql.prisma';
    // Fails with exit code 2 where there is a difference.
    expect(await prisma('migrate', 'diff', '--from-config-datasource', '--to-schema', models, '--exit-code')).toContain(
      'No difference detected',
    );
  });
});
