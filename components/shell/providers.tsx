'use client';

import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';
import { LiveProvider } from '@/components/live/live-provider.tsx';
import { cssVariables, theme } from '@/components/ui/theme.ts';

/** What every page needs around it: theme, notifications, the stream of run events. */
export function Providers({ children }: { children: ReactNode }) {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <Notifications position="bottom-right" limit={4} />
      <LiveProvider>{children}</LiveProvider>
    </MantineProvider>
  );
}
