'use client';

import { Group, UnstyledButton } from '@mantine/core';
import { CopyButton } from '@/components/ui/copy-button.tsx';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { LinkButton } from '@/components/ui/link-button.tsx';
import { toneColor } from '@/components/ui/status.tsx';
import { storedFailure } from '@/lib/domain/failure-cause.ts';
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
  const failure = storedFailure(run);
  const failed = run.counts.failed + run.counts.timedOut;
  const items = useFailedItems(failed);
  // A cause that only lists the failed files says nothing beyond their own reasons.
  const isListed = items.length > 0 && failure.error === 'PartitionsFailed';
  const causes = isListed ? items.map(storedFailure) : [failure];
  const advice = new Set(causes.flatMap(({ error, message }) => failureAdvice(error, message) ?? []));
  const title =
    failed > 0
      ? `This run failed: ${formatCount(failed)} of ${plural(run.counts.total, 'item')} failed`
      : `This run failed: ${failure.error}`;
  return (
    <ErrorPanel
      title={title}
      action={
        <LinkButton href={`/launch?from=${encodeURIComponent(run.id)}`} size="compact-sm" variant="light" color="red">
          Change and launch again
        </LinkButton>
      }
    >
      {!isListed && <p className={classes.message}>{failure.message}</p>}
      <FailedItems items={items} failed={failed} />
      {[...advice].map((sentence) => (
        <p key={sentence} className={classes.advice}>
          <strong>What to do:</strong> {sentence}
        </p>
      ))}
      <ReportedDetail />
    </ErrorPanel>
  );
}

/** The failure as the services put it, to copy into a report. */
function ReportedDetail() {
  const { id, executionArn, error, cause, counts } = useRun();
  const detail = JSON.stringify({ run: id, execution: executionArn, error, cause, counts }, null, 2);
  return (
    <div className={classes.detail}>
      <CopyButton text={detail} what="the detail" />
      <details>
        <summary>Detail as reported</summary>
        <pre>{detail}</pre>
      </details>
    </div>
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

/** The first failed items, to be named. */
function useFailedItems(failed: number): RunItemRow[] {
  const run = useRun();
  const status = run.counts.failed > 0 ? 'FAILED' : 'TIMED_OUT';
  const url = `/api/runs/${encodeURIComponent(run.id)}/items?status=${status}&pageSize=${NAMED_FILES}`;
  const { data } = useResource<Page<RunItemRow>>(failed > 0 ? url : null, failed);
  return data?.rows ?? [];
}

/** Failed files with their own reasons; each opens its log. */
function FailedItems({ items, failed }: { items: RunItemRow[]; failed: number }) {
  const { open } = useOpenItem();
  if (items.length === 0) return null;
  return (
    <>
      <ul className={classes.items}>
        {items.map((item) => (
          <li key={item.rank}>
            <UnstyledButton
              className={classes.item}
              onClick={() => open(item.rank)}
              title="Open this item with its log"
            >
              {item.keys[0]}
            </UnstyledButton>
            {item.keys.length > 1 && ` and ${item.keys.length - 1} more`}
            {item.error && <div className={classes.reason}>{reasonOf(item)}</div>}
          </li>
        ))}
      </ul>
      {failed > items.length && <a href="#partitions">All {formatCount(failed)} failed items are in the table</a>}
    </>
  );
}

/** Messages begin with the file's key, which stands above already. */
function reasonOf(item: RunItemRow): string {
  const { error, message } = storedFailure(item);
  const key = item.keys.find((each) => message.startsWith(`${each}: `));
  return `${error}: ${key ? message.slice(key.length + 2) : message}`;
}
