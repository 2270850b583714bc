'use client';

import { SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { useMounted } from '@mantine/hooks';
import { schemes } from './schemes.ts';

/** Theme of this browser. */
export function SchemeChoice() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const mounted = useMounted();
  return (
    <SegmentedControl
      aria-label="Theme"
      data={schemes.map(({ value, label }) => ({ value, label }))}
      value={mounted ? colorScheme : 'auto'}
      onChange={setColorScheme}
    />
  );
}
