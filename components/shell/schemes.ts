import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react';

/** The themes to choose from. */
export const schemes = [
  { value: 'auto', label: 'As the system', icon: IconDeviceDesktop },
  { value: 'light', label: 'Light', icon: IconSun },
  { value: 'dark', label: 'Dark', icon: IconMoon },
] as const;
