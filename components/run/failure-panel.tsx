'use client';

import { Group, UnstyledButton } from '@mantine/core';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { LinkButton } from '@/components/ui/link-button.tsx';
import { toneColor } from '@/components/ui/status.tsx';
import { readFailure } from '@/lib/domain/failure-cause.ts';
import { formatCount, plural } from '@/lib/domain/format.ts';
import type { Page } from '@/lib/domain/page.ts';
import type { RunItemRow } from '@/lib/domain/run.ts';
import { failureAdvice } from './failure-advice.ts';
import classes from './failure-panel.module.css';
import { useRun } from './live-run.tsx';
import { useOpenItem } from './open-item.ts';
import { useResource } from './use-resource.ts';

const NAMED_FILES = 10;

/** Why a run failed or was stopped: a sentence, the files it concerns, what to do, and the detail to copy. */
export function FailurePanel() {
  const { status } = useRun();
  if (status === 'FAILED') return <Failed />;
  return status === 'STOPPED' ? <Stopped /> : null;
}

function Failed() {
  const run = useRun();
  const failure = readFailure(run.error, run.cause);
  const failed = run.counts.failed + run.counts.timedOut;
  const advice = failureAdvice(failure.error, failure.message);
  const detail = JSON.stringify(
    { run: run.id, execution: run.executionArn, error: run.error, cause: run.cause, counts: run.counts },
    null,
    2,
  );
  const title =
    failed > 0
      ? `This run failed: ${formatCount(failed)} of ${plural(run.counts.total, 'item')} failed`
      : `This run failed: ${failure.error}`;
  return (
    <ErrorPanel
      title={title}
      detail={detail}
      action={
        <LinkButton href={`/launch?from=${encodeURIComponent(run.id)}`} size="compact-sm" variant="light" color="red">
          Change and launch again
        </LinkButton>
      }
    >
      <p className={classes.message}>{failure.message}</p>
      {failed > 0 && <FailedItems failed={failed} />}
      {advice && (
        <p className={classes.advice}>
          <strong>What to do:</strong> {advice}
        </p>
      )}
    </ErrorPanel>
  );
}

function Stopped() {
  const { counts, cause } = useRun();
  return (
    <section
      className={classes.stopped}
      style={{ borderColor: toneColor('stopped') }}
      aria-label="This run was stopped"
    >
      <Group gap={6}>
        <strong style={{ color: toneColor('stopped') }}>This run was stopped.</strong>
        <span>{cause}</span>
        {counts.total > 0 &&
          `${formatCount(counts.succeeded)} of ${plural(counts.total, 'item')} had been done; their results are kept.`}
      </Group>
    </section>
  );
}

/** The first failed items with their own reasons; each opens its log. */
function FailedItems({ failed }: { failed: number }) {
  const run = useRun();
  const { open } = useOpenItem();
  const status = run.counts.failed > 0 ? 'FAILED' : 'TIMED_OUT';
  const { data } = useResource<Page<RunItemRow>>(
    `/api/runs/${encodeURIComponent(run.id)}/items?status=${status}&pageSize=${NAMED_FILES}`,
    failed,
  );
  if (!data || data.rows.length === 0) return null;
  return (
    <>
      <ul className={classes.items}>
        {data.rows.map((item) => (
          <li key={item.rank}>
            <UnstyledButton
              className={classes.item}
              onClick={() => open(item.rank)}
              title="Open this item with its log"
            >
              {item.keys[0]}
            </UnstyledButton>
            {item.keys.length > 1 && ` and ${item.keys.length - 1} more`}
            {item.error && <div className={classes.reason}>{readFailure(item.error, item.cause).message}</div>}
          </li>
        ))}
      </ul>
      {failed > data.rows.length && <a href="#partitions">All {formatCount(failed)} failed items are in the table</a>}
    </>
  );
}
