'use client';

import { useRouter } from 'next/navigation';
import { type KeyboardEvent, type MouseEvent, useRef, useState } from 'react';

/** Opening rows by click and enter, moving between them with up, down, home and end, and ticking them with space. */
export function useRowKeys() {
  const router = useRouter();
  const body = useRef<HTMLTableSectionElement>(null);
  // One row is in the tab order: the one that had the focus last.
  const [active, setActive] = useState(0);

  const move = (to: number) => {
    const rows = body.current?.rows;
    const row = rows?.item(Math.max(0, Math.min(to, rows.length - 1)));
    row?.focus();
  };

  return {
    body: { ref: body },
    row: (index: number, href: string, toggle: () => void) => ({
      tabIndex: index === active || (index === 0 && active >= (body.current?.rows.length ?? 1)) ? 0 : -1,
      onFocus: () => setActive(index),
      onClick(event: MouseEvent<HTMLTableRowElement>) {
        if (isControl(event.target) || window.getSelection()?.toString()) return;
        if (event.metaKey || event.ctrlKey) window.open(href, '_blank', 'noopener');
        else router.push(href);
      },
      onKeyDown(event: KeyboardEvent<HTMLTableRowElement>) {
        if (event.target !== event.currentTarget) return;
        const act = new Map<string, () => void>([
          ['ArrowDown', () => move(index + 1)],
          ['ArrowUp', () => move(index - 1)],
          ['Home', () => move(0)],
          ['End', () => move(Number.POSITIVE_INFINITY)],
          ['Enter', () => router.push(href)],
          [' ', toggle],
        ]).get(event.key);
        if (!act) return;
        event.preventDefault();
        act();
      },
    }),
  };
}

const isControl = (target: EventTarget) =>
  target instanceof Element && target.closest('a, button, input, label, [role="checkbox"]') !== null;
