'use client';

import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useTransition } from 'react';

/** Value of a search param; null takes it away. */
export type QueryChange = Record<string, string | number | null>;

/**
 * The page's search params as state: filters, sorting and paging live in the address, so that it can be reloaded and
 * shared. What is shown stays until the new content is there; `pending` meanwhile.
 */
export function useUrlQuery() {
  const router = useRouter();
  const path = usePathname();
  const params = useSearchParams();
  const [pending, startTransition] = useTransition();

  const href = (change: QueryChange) => {
    const next = new URLSearchParams(params);
    for (const [name, value] of Object.entries(change)) {
      if (value === null || value === '') next.delete(name);
      else next.set(name, String(value));
    }
    return next.size > 0 ? `${path}?${next}` : path;
  };
  const change = (to: QueryChange) => startTransition(() => router.replace(href(to), { scroll: false }));
  return { params, href, change, pending };
}
