'use client';

import { AppShell, AppShellHeader, AppShellMain, AppShellNavbar, Burger } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { usePathname } from 'next/navigation';
import { type ReactNode, useEffect } from 'react';
import { Brand } from './brand.tsx';
import { Rail } from './rail.tsx';
import classes from './shell.module.css';

/** Frame of every page: the rail at the left, on small screens behind a button. */
export function Shell({ backend, children }: { backend: ReactNode; children: ReactNode }) {
  const [opened, { toggle, close }] = useDisclosure(false);
  const path = usePathname();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the menu
  useEffect(close, [path]);
  return (
    <AppShell
      layout="default"
      header={{ height: { base: 48, sm: 0 } }}
      navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      transitionDuration={100}
    >
      <a className={classes.skip} href="#content">
        Skip to the content
      </a>
      <AppShellHeader className={classes.header} hiddenFrom="sm">
        <Burger
          opened={opened}
          onClick={toggle}
          size="sm"
          aria-label={opened ? 'Close the menu' : 'Open the menu'}
          aria-expanded={opened}
        />
        <Brand />
      </AppShellHeader>
      <AppShellNavbar className={classes.rail} aria-label="Main">
        <Rail backend={backend} />
      </AppShellNavbar>
      <AppShellMain id="content" className={classes.main} tabIndex={-1}>
        {children}
      </AppShellMain>
    </AppShell>
  );
}
