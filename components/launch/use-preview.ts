'use client';

import { useEffect, useRef, useState } from 'react';
import type { ActionResult } from '@/lib/domain/action-result.ts';
import type { LaunchFormInput } from '@/lib/domain/experiment.ts';
import type { LaunchPreview } from '@/lib/domain/launch-preview.ts';
import { type LaunchValues, readValues } from './launch-values.ts';

export interface PreviewState {
  /** The last one that came; older than the form while `loading`. */
  preview: LaunchPreview | null;
  loading: boolean;
  /** Why there is none for what is typed now. */
  refusal: { message: string; fieldErrors: Record<string, string> } | null;
}

const AFTER_MS = 350;

/** What the form would launch, asked of the server a moment after the last change. */
export function usePreview(
  values: LaunchValues,
  preview: (form: LaunchFormInput) => Promise<ActionResult<LaunchPreview>>,
): PreviewState {
  const [state, setState] = useState<PreviewState>({ preview: null, loading: false, refusal: null });
  const latest = useRef(0);
  useEffect(() => {
    const { form, errors } = readValues(values);
    latest.current += 1;
    const asked = latest.current;
    if (Object.keys(errors).length > 0) {
      setState((before) => ({ ...before, loading: false, refusal: { message: '', fieldErrors: {} } }));
      return;
    }
    setState((before) => ({ ...before, loading: true, refusal: null }));
    const timer = setTimeout(async () => {
      const result = await preview(form).catch(
        (): ActionResult<LaunchPreview> => ({
          ok: false,
          message: 'The server does not answer, so there is no preview. What you typed is kept.',
          fieldErrors: {},
        }),
      );
      if (latest.current !== asked) return;
      setState((before) =>
        result.ok
          ? { preview: result.value, loading: false, refusal: null }
          : { ...before, loading: false, refusal: result },
      );
    }, AFTER_MS);
    return () => clearTimeout(timer);
  }, [values, preview]);
  return state;
}
