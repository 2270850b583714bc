'use client';

import {
  IconChartDots,
  IconDatabase,
  IconFlask,
  IconLayoutDashboard,
  IconListDetails,
  IconSettings,
  type TablerIcon,
} from '@tabler/icons-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import { useLiveRuns } from '@/components/live/live-provider.tsx';
import { plural } from '@/lib/domain/format.ts';
import { Brand } from './brand.tsx';
import { ConnectionDot } from './connection-dot.tsx';
import classes from './rail.module.css';
import { SchemeSwitch } from './scheme-switch.tsx';

const rooms: { href: string; label: string; icon: TablerIcon }[] = [
  { href: '/', label: 'Overview', icon: IconLayoutDashboard },
  { href: '/experiments', label: 'Experiments', icon: IconFlask },
  { href: '/runs', label: 'Runs', icon: IconListDetails },
  { href: '/compare', label: 'Compare', icon: IconChartDots },
  { href: '/data', label: 'Data & models', icon: IconDatabase },
  { href: '/settings', label: 'Settings', icon: IconSettings },
];

/** The rooms of the dashboard; below them the services in use, the connection and the theme. */
export function Rail({ backend }: { backend: ReactNode }) {
  const path = usePathname();
  const { events } = useLiveRuns();
  const running = [...events.values()].filter(({ run }) => run.status === 'RUNNING').length;
  return (
    <>
      <div className={classes.brand}>
        <Brand />
      </div>
      <ul className={classes.rooms}>
        {rooms.map(({ href, label, icon: Icon }) => {
          const here = href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`);
          return (
            <li key={href}>
              <Link
                href={href}
                className={classes.room}
                data-here={here || undefined}
                aria-current={here ? 'page' : undefined}
              >
                <Icon size={17} stroke={1.7} aria-hidden />
                {label}
                {href === '/runs' && running > 0 && (
                  <span className={classes.count} title={`${plural(running, 'run')} running`}>
                    {running}
                    <span className={classes.hidden}> running</span>
                  </span>
                )}
              </Link>
            </li>
          );
        })}
      </ul>
      <div className={classes.foot}>
        {backend}
        <div className={classes.line}>
          <ConnectionDot />
          <SchemeSwitch />
        </div>
      </div>
    </>
  );
}
