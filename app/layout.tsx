import '@fontsource-variable/inter/index.css';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './globals.css';

import { ColorSchemeScript, mantineHtmlProps, Skeleton } from '@mantine/core';
import type { Metadata, Viewport } from 'next';
import { type ReactNode, Suspense } from 'react';
import { BackendStatus } from '@/components/shell/backend-status.tsx';
import { Providers } from '@/components/shell/providers.tsx';
import { Shell } from '@/components/shell/shell.tsx';
import { readBackend } from './actions.ts';

export const metadata: Metadata = { title: { default: 'Starmap', template: '%s · Starmap' } };
export const viewport: Viewport = { width: 'device-width', initialScale: 1 };
export const dynamic = 'force-dynamic';

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" {...mantineHtmlProps}>
      <head>
        <ColorSchemeScript defaultColorScheme="auto" />
      </head>
      <body>
        <Providers>
          <Shell
            backend={
              <Suspense fallback={<Skeleton height={16} width={120} />}>
                <BackendInUse />
              </Suspense>
            }
          >
            {children}
          </Shell>
        </Providers>
      </body>
    </html>
  );
}

async function BackendInUse() {
  const backend = await readBackend();
  // Other services start afresh: what was read of those before does not count.
  return <BackendStatus key={backend.label} initial={backend} read={readBackend} />;
}
