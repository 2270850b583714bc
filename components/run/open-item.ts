'use client';

import { useSearchParams } from 'next/navigation';
import { useCallback } from 'react';

/** Which item the drawer shows: part of the URL, so that a link to it can be sent. */
export function useOpenItem(): { rank: number | null; open: (rank: number) => void; close: () => void } {
  const params = useSearchParams();
  const text = params.get('item');
  const set = useCallback(
    (rank: number | null) => {
      const next = new URLSearchParams(params);
      if (rank === null) next.delete('item');
      else next.set('item', String(rank));
      const query = next.toString();
      window.history.replaceState(null, '', query ? `?${query}` : window.location.pathname);
    },
    [params],
  );
  return {
    rank: text !== null && /^\d{1,8}$/.test(text) ? Number(text) : null,
    open: set,
    close: useCallback(() => set(null), [set]),
  };
}
