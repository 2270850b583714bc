'use client';

import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useCallback, useTransition } from 'react';

export interface CompareParams {
  get: (name: string) => string | null;
  /** Changes how the loaded runs are drawn: the URL follows, nothing is read again. null removes. */
  draw: (changes: Record<string, string | null>) => void;
  /** Changes which runs are loaded: the server is asked. */
  load: (changes: Record<string, string | null>) => void;
  loading: boolean;
}

/** The whole view is in the URL: a link shows exactly what its sender saw. */
export function useCompareParams(): CompareParams {
  const params = useSearchParams();
  const path = usePathname();
  const router = useRouter();
  const [loading, startLoading] = useTransition();
  const changed = useCallback(
    (changes: Record<string, string | null>) => {
      const next = new URLSearchParams(params);
      for (const [name, value] of Object.entries(changes)) {
        if (value === null) next.delete(name);
        else next.set(name, value);
      }
      const query = next.toString();
      return query ? `${path}?${query}` : path;
    },
    [params, path],
  );
  return {
    get: useCallback((name) => params.get(name), [params]),
    draw: useCallback((changes) => window.history.replaceState(null, '', changed(changes)), [changed]),
    load: useCallback(
      (changes) => startLoading(() => router.replace(changed(changes), { scroll: false })),
      [changed, router],
    ),
    loading,
  };
}
