import { randomBytes } from 'node:crypto';

/**
 * Ids of an experiment and its runs: sortable by time, legal as S3 key parts and as execution names (which makes
 * starting a run idempotent). `e-20261123-214501-k3f9` owns `r-20261123-214501-k3f9-001`, …
 */
export function newIds(now: Date, runs: number): { experimentId: string; runIds: string[] } {
  const [date, time] = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').split('T');
  const stem = `${date}-${time}-${randomWord(4)}`;
  return {
    experimentId: `e-${stem}`,
    runIds: Array.from({ length: runs }, (_, i) => `r-${stem}-${String(i + 1).padStart(3, '0')}`),
  };
}

/** No letters that look like digits. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';

const randomWord = (length: number) =>
  Array.from(randomBytes(length), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
