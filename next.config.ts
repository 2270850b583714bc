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
  experimental: { optimizePackageImports: ['@mantine/core', '@mantine/hooks', '@tabler/icons-react'] },
} satisfies NextConfig;
