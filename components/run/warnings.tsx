import { Panel } from '@/components/ui/panel.tsx';
import { plural } from '@/lib/domain/format.ts';
import type { RunDetail } from '@/lib/domain/run.ts';
import classes from './warnings.module.css';

const NAMED = 20;

/** What is missing, doubled or foreign in the results, and what the workflow warned of; nothing where all is well. */
export function Warnings({ run }: { run: RunDetail }) {
  const { report, warnings } = run;
  // The failed items of a failed run are named at the top of its page.
  const isNamed = run.status === 'FAILED' && report?.missing.length === run.counts.failed + run.counts.timedOut;
  const missing = isNamed ? [] : (report?.missing ?? []);
  const notes = [
    ...warnings,
    ...(report && report.duplicates.length > 0
      ? [`${plural(report.duplicates.length, 'result')} exist twice: ${some(report.duplicates)}`]
      : []),
    ...(report && report.foreign.length > 0
      ? [
          `${plural(report.foreign.length, 'object')} under the result path are not of this run and were left out: ${some(report.foreign)}`,
        ]
      : []),
  ];
  if (notes.length === 0 && missing.length === 0) return null;
  return (
    <Panel title={missing.length > 0 ? 'What is missing' : 'Warnings'}>
      {missing.length > 0 && report && (
        <>
          <p className={classes.note}>
            {plural(report.expected.items - report.found.items, 'item')} of{' '}
            {report.expected.items.toLocaleString('en-US')} left no result, so this run stays out of charts unless you
            put it in.
          </p>
          <ul className={classes.list}>
            {missing.slice(0, NAMED).map(({ rank, key }) => (
              <li key={rank}>
                item {rank}: <code>{key}</code>
              </li>
            ))}
            {missing.length > NAMED && <li>and {(missing.length - NAMED).toLocaleString('en-US')} more</li>}
          </ul>
        </>
      )}
      {notes.map((note) => (
        <p key={note} className={classes.note}>
          {note}
        </p>
      ))}
    </Panel>
  );
}

function some(keys: string[]): string {
  return keys.length > 3 ? `${keys.slice(0, 3).join(', ')} and ${keys.length - 3} more` : keys.join(', ');
}
