'use client';

import { useCallback, useEffect, useRef, useState } from 'react';

export interface Resource<T> {
  /** Kept while it is read again, so that nothing jumps. */
  data: T | null;
  /** Sentence for the user; null while all is well. */
  error: string | null;
  loading: boolean;
  reload: () => void;
}

/**
 * Reads JSON from a route of ours.
 * @param url null = nothing to read now
 * @param revision anything that means "read again" when it changes
 */
export function useResource<T>(url: string | null, revision: unknown = null): Resource<T> {
  const [state, setState] = useState<{ url: string | null; data: T | null; error: string | null }>({
    url,
    data: null,
    error: null,
  });
  const [loading, setLoading] = useState(url !== null);
  const [asked, setAsked] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: revision and asked are what makes it read again
  useEffect(() => {
    if (url === null) return;
    const controller = new AbortController();
    setLoading(true);
    readJson<T>(url, controller.signal)
      .then((data) => setState({ url, data, error: null }))
      .catch((error: Error) => {
        if (!controller.signal.aborted)
          setState((before) => ({ url, data: before.url === url ? before.data : null, error: error.message }));
      })
      .finally(() => {
        if (!controller.signal.aborted) setLoading(false);
      });
    return () => controller.abort();
  }, [url, revision, asked]);

  const reload = useCallback(() => setAsked((count) => count + 1), []);
  const current = state.url === url;
  return { data: current ? state.data : null, error: current ? state.error : null, loading, reload };
}

/** JSON of a route of ours; throws its own error sentence. */
export async function readJson<T>(url: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(url, { signal });
  // A body that does not arrive, as when it is not wanted any more, is no answer.
  if (response.ok) return (await response.json()) as T;
  const body: unknown = await response.json().catch(() => null);
  const told = body && typeof body === 'object' && 'error' in body ? String(body.error) : null;
  throw new Error(told ?? `The server answered ${response.status}.`);
}

/** The value, changing at most once in `everyMs`; the last change always arrives. */
export function useThrottled<T>(value: T, everyMs: number): T {
  const [shown, setShown] = useState(value);
  const changedAt = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, changedAt.current + everyMs - Date.now());
    const timer = setTimeout(() => {
      changedAt.current = Date.now();
      setShown(value);
    }, wait);
    return () => clearTimeout(timer);
  }, [value, everyMs]);
  return shown;
}
