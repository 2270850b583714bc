import { plural } from '@/lib/domain/format.ts';
import type { ItemCounts } from '@/lib/domain/run.ts';
import classes from './progress.module.css';
import { type Tone, toneColor } from './status.tsx';

export interface ProgressPart {
  tone: Tone;
  word: string;
  count: number;
}

/** The items of a run by state, in the order in which a bar shows them; pending ones are what is left. */
export function itemParts(counts: ItemCounts): ProgressPart[] {
  const ended = counts.succeeded + counts.failed + counts.timedOut + counts.aborted;
  return [
    { tone: 'succeeded', word: 'succeeded', count: counts.succeeded },
    { tone: 'failed', word: 'failed', count: counts.failed + counts.timedOut },
    { tone: 'stopped', word: 'aborted', count: counts.aborted },
    // The services count states one after the other: an item may be told twice for a moment.
    { tone: 'running', word: 'running', count: Math.max(0, Math.min(counts.running, counts.total - ended)) },
  ];
}

interface Props {
  parts: ProgressPart[];
  total: number;
  /** What is counted, such as "item". */
  noun: string;
  /** Accessible name. */
  label: string;
  /** Height in px. */
  height?: number;
}

/** A bar with one segment for each state; the counts in words on hover and for screen readers. */
export function ProgressBar({ parts, total, noun, label, height = 6 }: Props) {
  const done = parts.reduce((sum, { tone, count }) => sum + (tone === 'running' ? 0 : count), 0);
  const words = [
    `${done} of ${plural(total, noun)} ended`,
    ...parts.filter(({ count }) => count > 0).map(({ word, count }) => `${count} ${word}`),
  ].join(', ');
  return (
    <div
      className={classes.bar}
      style={{ height }}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.max(1, total)}
      aria-valuenow={Math.min(done, total)}
      aria-valuetext={words}
      title={words}
    >
      {parts.map(({ tone, word, count }) => (
        <div
          key={word}
          className={classes.part}
          style={{ width: `${total > 0 ? (100 * count) / total : 0}%`, background: toneColor(tone) }}
        />
      ))}
    </div>
  );
}
