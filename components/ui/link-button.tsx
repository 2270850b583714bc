'use client';

import { Anchor, type AnchorProps, Button, type ButtonProps } from '@mantine/core';
import Link from 'next/link';
import type { ReactNode } from 'react';

/** A button that leads to a page of ours. */
export function LinkButton({ href, children, ...rest }: ButtonProps & { href: string; children: ReactNode }) {
  return (
    <Button component={Link} href={href} {...rest}>
      {children}
    </Button>
  );
}

/** A link to a page of ours in running text. */
export function TextLink({ href, children, ...rest }: AnchorProps & { href: string; children: ReactNode }) {
  return (
    <Anchor component={Link} href={href} inherit {...rest}>
      {children}
    </Anchor>
  );
}

/** A button that saves what a route of ours sends. */
export function DownloadButton({ href, children, ...rest }: ButtonProps & { href: string; children: ReactNode }) {
  return (
    <Button component="a" href={href} download variant="default" {...rest}>
      {children}
    </Button>
  );
}
