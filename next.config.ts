import type { NextConfig } from 'next';

export default {
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
  serverExternalPackages: [
    '@libsql/client',
    'libsql',
    '@prisma/client',
    '@prisma/adapter-libsql',
    '@prisma/adapter-pg',
    'pg',
  ],
  experimental: {
    // A model.json of 1 MiB, which the upload allows, with every quote of it escaped.
    serverActions: { bodySizeLimit: '3mb' },
    optimizePackageImports: ['@mantine/core', '@mantine/hooks', '@tabler/icons-react'],
  },
} satisfies NextConfig;
