'use client';

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Page } from '@/lib/domain/page.ts';
import type { RunItemRow } from '@/lib/domain/run.ts';
import { readJson } from './use-resource.ts';

const PAGE_SIZE = 100;

export interface ItemWindow {
  /** null until the first page is there. */
  total: number | null;
  row: (index: number) => RunItemRow | undefined;
  /** Every row that was read. */
  rows: RunItemRow[];
  /** Tells which rows are in view; the pages that hold them are read. */
  show: (first: number, last: number) => void;
  error: string | null;
  reload: () => void;
}

/**
 * A long list of items of which only the pages in view are read.
 * @param query search params without the page; another query starts afresh
 * @param revision when it changes, the pages in view are read again and replaced in place
 */
export function useItemWindow(runId: string, query: string, revision: string): ItemWindow {
  const [pages, setPages] = useState<ReadonlyMap<number, RunItemRow[]>>(new Map());
  const [total, setTotal] = useState<number | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [view, setView] = useState({ first: 1, last: 1 });
  const [asked, setAsked] = useState(0);
  const read = useRef(new Map<number, string>());
  const key = `${runId}?${query}`;
  const shownKey = useRef(key);

  useEffect(() => {
    if (shownKey.current !== key) {
      shownKey.current = key;
      read.current.clear();
      setPages(new Map());
    }
    const controller = new AbortController();
    const version = `${key} ${revision} ${asked}`;
    for (let page = view.first; page <= view.last; page += 1) {
      if (read.current.get(page) === version) continue;
      const url = `/api/runs/${encodeURIComponent(runId)}/items?${query}&pageSize=${PAGE_SIZE}&page=${page}`;
      readJson<Page<RunItemRow>>(url, controller.signal)
        .then((answer) => {
          read.current.set(page, version);
          setPages((before) => new Map(before).set(page, answer.rows));
          setTotal(answer.total);
          setError(null);
        })
        .catch((fault: Error) => {
          if (!controller.signal.aborted) setError(fault.message);
        });
    }
    return () => controller.abort();
  }, [runId, query, key, revision, asked, view]);

  const rows = useMemo(() => [...pages.values()].flat(), [pages]);
  return {
    total,
    rows,
    row: (index) => pages.get(Math.floor(index / PAGE_SIZE) + 1)?.[index % PAGE_SIZE],
    show: useCallback((firstRow, lastRow) => {
      const first = Math.floor(firstRow / PAGE_SIZE) + 1;
      const last = Math.floor(lastRow / PAGE_SIZE) + 1;
      setView((before) => (before.first === first && before.last === last ? before : { first, last }));
    }, []),
    error,
    reload: useCallback(() => setAsked((count) => count + 1), []),
  };
}
