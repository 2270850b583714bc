import type { LaunchValues } from './launch-values.ts';

const KEY = 'starmap-launch-draft';

/** The form as it was left: nothing typed is lost by a reload or a closed tab. */
export function readDraft(blank: LaunchValues): LaunchValues | null {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    return isDraft(stored, blank) ? { ...blank, ...stored } : null;
  } catch {
    return null;
  }
}

export function saveDraft(values: LaunchValues): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(values));
  } catch {
    // Without storage (private mode, full disk) the form works all the same.
  }
}

export function dropDraft(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}

/** What an earlier version stored may not fit any more: then it is no draft. */
function isDraft(stored: unknown, blank: LaunchValues): stored is LaunchValues {
  if (typeof stored !== 'object' || stored === null) return false;
  const found = stored as Record<string, unknown>;
  return Object.entries(blank).every(([field, like]) =>
    Array.isArray(like)
      ? Array.isArray(found[field]) && found[field].every((each) => typeof each === 'string')
      : typeof found[field] === 'string',
  );
}
