import { Loader } from '@mantine/core';
import { IconCheck, IconMinus, IconX } from '@tabler/icons-react';
import { CopyButton } from '@/components/ui/copy-button.tsx';
import type { RightResult } from '@/lib/domain/right.ts';
import classes from './rights-list.module.css';
import type { TestedRight } from './use-connection-test.ts';

/** Each right with what came of its test, and what to do where it is missing. */
export function RightsList({ rights, running }: { rights: TestedRight[]; running: boolean }) {
  const next = rights.find(({ result }) => result === null)?.id;
  return (
    <div>
      <p className={classes.sum} role="status">
        {summary(rights, running)}
      </p>
      <ul className={classes.rights} aria-label="Rights of the connection">
        {rights.map((right) => (
          <li key={right.id} className={classes.right} data-verdict={right.result?.verdict ?? 'waiting'}>
            <Mark result={right.result} testing={running && right.id === next} />
            <div className={classes.words}>
              <p>
                {right.what} <code className={classes.call}>{right.action ?? right.resource}</code>
              </p>
              {right.result?.detail && <p className={classes.detail}>{right.result.detail}</p>}
              {right.result?.remedy && (
                <p className={classes.remedy}>
                  <span>{right.result.remedy}</span>
                  <CopyButton text={right.result.remedy} what="the remedy" />
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Mark({ result, testing }: { result: RightResult | null; testing: boolean }) {
  if (testing) return <Loader size={14} aria-label="Testing" className={classes.mark} />;
  if (!result) return <span className={classes.mark} role="img" aria-label="Not tested yet" />;
  const { Icon, word } = marks[result.verdict];
  return (
    <span className={classes.mark}>
      <Icon size={16} stroke={2.2} role="img" aria-label={word} />
    </span>
  );
}

const marks = {
  granted: { Icon: IconCheck, word: 'Granted' },
  missing: { Icon: IconX, word: 'Missing' },
  untested: { Icon: IconMinus, word: 'Not tested' },
} as const;

function summary(rights: TestedRight[], running: boolean): string {
  const count = (verdict: RightResult['verdict']) => rights.filter(({ result }) => result?.verdict === verdict).length;
  const done = rights.filter(({ result }) => result !== null).length;
  if (running) return `Testing ${Math.min(done + 1, rights.length)} of ${rights.length}`;
  const parts = [`${count('granted')} of ${rights.length} granted`];
  if (count('missing') > 0) parts.push(`${count('missing')} missing`);
  if (count('untested') > 0) parts.push(`${count('untested')} not tested`);
  return parts.join(', ');
}
