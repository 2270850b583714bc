import path from 'node:path';
import { defineConfig } from 'prisma/config';

// For Prisma's command line only (generate, migrate dev); the server takes its database from lib/env.ts.
const home = process.env.STARMAP_HOME || '.starmap';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL || `file:${path.join(home, 'starmap.db')}` },
});
