'use client';

import { useRef, useState } from 'react';
import type { AwsInput } from '@/lib/domain/connection-settings.ts';
import type { Right, RightResult } from '@/lib/domain/right.ts';
import type { ConnectionActions } from './connection-actions.ts';

export interface TestedRight extends Right {
  /** null = not yet. */
  result: RightResult | null;
}

export interface ConnectionTest {
  rights: TestedRight[];
  running: boolean;
  /** Everything was tested and nothing is missing. */
  passed: boolean;
  start: (choice: AwsInput) => Promise<{ message: string; fieldErrors: Record<string, string> } | null>;
  /** Forgets the results: they are of another choice. */
  clear: () => void;
}

const SKIPPED: RightResult = { verdict: 'untested', detail: 'Not tested: the credentials come first.', remedy: null };

/** Tests one right after the other, so that the list fills while it goes on. */
export function useConnectionTest({ listRights, testRight }: ConnectionActions): ConnectionTest {
  const [rights, setRights] = useState<TestedRight[]>([]);
  const [running, setRunning] = useState(false);
  const latest = useRef(0);
  const clear = () => {
    latest.current++;
    setRights([]);
    setRunning(false);
  };
  const start: ConnectionTest['start'] = async (choice) => {
    clear();
    const mine = latest.current;
    setRunning(true);
    try {
      const listed = await listRights(choice);
      if (!listed.ok) return listed;
      setRights(listed.value.map((right) => ({ ...right, result: null })));
      let known = true;
      for (const { id } of listed.value) {
        const result = known ? await testRight(choice, id) : SKIPPED;
        if (latest.current !== mine) return null;
        // Without credentials every call would fail for the same reason.
        if (id === 'identity' && result.verdict === 'missing') known = false;
        setRights((before) => before.map((right) => (right.id === id ? { ...right, result } : right)));
      }
      return null;
    } catch {
      return { message: 'Starmap itself does not answer: is it still running? Test again.', fieldErrors: {} };
    } finally {
      if (latest.current === mine) setRunning(false);
    }
  };
  const passed =
    rights.length > 0 && rights.every(({ result }) => result?.verdict === 'granted' || result?.verdict === 'untested');
  return { rights, running, passed: passed && !running, start, clear };
}
