'use client';

import { useRef, useState } from 'react';
import { NO_ANSWER } from '@/lib/domain/action-result.ts';
import type { ModelCheck } from '@/lib/domain/model-check.ts';
import type { ModelUploadRequest, UploadFile } from '@/lib/domain/model-upload.ts';
import type { UploadActions } from './model-actions.ts';
import { changedSincePicked, isAsPicked } from './picked-files.ts';

export type UploadState =
  | { step: 'idle' }
  | { step: 'sending'; sentBytes: number; bytes: number; file: string }
  | { step: 'checking' }
  | { step: 'done'; id: string | null; check: ModelCheck }
  | { step: 'failed'; message: string; fieldErrors: Record<string, string> };

const CANCELLED = 'Cancelled. Nothing of it was kept.';

/** Sends the files of a package one after the other, can be cancelled, and ends with what the check found. */
export function useModelUpload(actions: UploadActions) {
  const [state, setState] = useState<UploadState>({ step: 'idle' });
  const sending = useRef<XMLHttpRequest | null>(null);
  const cancelled = useRef(false);
  const fail = (message: string, fieldErrors: Record<string, string> = {}) =>
    setState({ step: 'failed', message, fieldErrors });

  async function start(request: ModelUploadRequest, send: UploadFile[], picked: File[]): Promise<void> {
    cancelled.current = false;
    const bytes = send.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    setState({ step: 'sending', sentBytes: 0, bytes, file: 'model.json' });
    let uploadId: string | undefined;
    try {
      const begun = await actions.begin(request);
      if (!begun.ok) return fail(begun.message, begun.fieldErrors);
      uploadId = begun.value.uploadId;
      let before = 0;
      for (const { name, sizeBytes } of send) {
        const file = picked.find((each) => each.name === name);
        if (cancelled.current || !file) throw new Error(CANCELLED);
        // The browser would not send it, and say no more than that nothing was answered.
        if (!(await isAsPicked(file))) throw new SendError(changedSincePicked(name));
        const url = `/api/models/uploads/${uploadId}/${encodeURIComponent(name)}`;
        const sent = before;
        await put(url, file, sending, (progress) =>
          setState({ step: 'sending', sentBytes: sent + progress, bytes, file: name }),
        );
        before += sizeBytes;
      }
      if (cancelled.current) throw new Error(CANCELLED);
      setState({ step: 'checking' });
      const finished = await actions.finish(uploadId, request.name, request.replace);
      if (!finished.ok) return fail(finished.message, finished.fieldErrors);
      setState({ step: 'done', ...finished.value });
    } catch (error) {
      if (uploadId) await actions.cancel(uploadId).catch(() => {});
      // What a server action throws is not for people.
      const told = error instanceof SendError || (error as Error).message === CANCELLED;
      fail(cancelled.current ? CANCELLED : told ? (error as Error).message : NO_ANSWER);
    }
  }

  function cancel(): void {
    cancelled.current = true;
    sending.current?.abort();
  }
  return { state, start, cancel, reset: () => setState({ step: 'idle' }) };
}

class SendError extends Error {}

/** One PUT; XMLHttpRequest, because fetch does not tell how much of a body has been sent. */
function put(
  url: string,
  file: File,
  running: { current: XMLHttpRequest | null },
  onProgress: (bytes: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    running.current = request;
    request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onload = () => (request.status === 200 ? resolve() : reject(new SendError(problemOf(request))));
    request.onerror = () => reject(new SendError(NO_ANSWER));
    request.onabort = () => reject(new SendError(CANCELLED));
    request.open('PUT', url);
    request.send(file);
  });
}

function problemOf({ responseText, status }: XMLHttpRequest): string {
  try {
    return (JSON.parse(responseText) as { error: string }).error;
  } catch {
    return `The server answered with status ${status}.`;
  }
}
