'use client';

import { Code, Drawer, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { CodeLine } from '@/components/ui/code-line.tsx';
import { CopyButton } from '@/components/ui/copy-button.tsx';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { Facts } from '@/components/ui/facts.tsx';
import { ItemStatusBadge } from '@/components/ui/status.tsx';
import { storedFailure } from '@/lib/domain/failure-cause.ts';
import { formatBytes, formatCount, formatDuration, plural } from '@/lib/domain/format.ts';
import type { Page } from '@/lib/domain/page.ts';
import type { RunItemRow } from '@/lib/domain/run.ts';
import { ItemLog } from './item-log.tsx';
import { useRun } from './live-run.tsx';
import { useOpenItem } from './open-item.ts';
import { PhaseBar } from './phase-bar.tsx';
import { useResource, useThrottled } from './use-resource.ts';

/** One item of the run: what went wrong first, then its log, phases and figures. */
export function ItemDrawer() {
  const { rank, close } = useOpenItem();
  return (
    <Drawer
      opened={rank !== null}
      onClose={close}
      position="right"
      size="xl"
      title={`Item ${rank ?? ''}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {rank !== null && <ItemPanel rank={rank} />}
    </Drawer>
  );
}

function ItemPanel({ rank }: { rank: number }) {
  const run = useRun();
  const revision = useThrottled(`${run.status} ${run.counts.succeeded} ${run.counts.failed}`, 2_000);
  // Ranks count from 0 without gaps, so sorted by rank an item's page of one is its rank + 1.
  const url = `/api/runs/${encodeURIComponent(run.id)}/items?sort=rank&pageSize=1&page=${rank + 1}`;
  const { data, error, loading } = useResource<Page<RunItemRow>>(url, revision);
  const item = data?.rows[0];
  if (error) return <ErrorPanel title="This item could not be read">{error}</ErrorPanel>;
  if (!item)
    return loading ? (
      <Skeleton height={200} />
    ) : (
      <Text>
        Run {run.label} has no item {rank}.
      </Text>
    );
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <ItemStatusBadge status={item.status} />
        <Text size="sm" c="dimmed">
          {formatBytes(item.sizeBytes)}
          {item.samples !== null && `, ${plural(item.samples, 'sample')}`}
        </Text>
      </Group>
      {item.error && <ItemFailure item={item} />}
      <div>
        <Title order={3} size="h5" mb={4}>
          {item.keys.length === 1 ? 'File' : `${formatCount(item.keys.length)} files`}
        </Title>
        {item.keys.slice(0, 20).map((key) => (
          <Code key={key} block fz="xs" mb={4} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            s3://{run.settings.dataBucket}/{key}
          </Code>
        ))}
        {item.keys.length > 20 && (
          <Text size="xs" c="dimmed">
            and {formatCount(item.keys.length - 20)} more
          </Text>
        )}
      </div>
      {item.phasesMs && (
        <div>
          <Title order={3} size="h5" mb={4}>
            Where the billed time went
          </Title>
          <PhaseBar phases={item.phasesMs} />
        </div>
      )}
      <ExecutionFacts item={item} />
      <ItemLog runId={run.id} rank={rank} status={item.status} told={item.error && storedFailure(item).message} />
    </Stack>
  );
}

function ExecutionFacts({ item }: { item: RunItemRow }) {
  const run = useRun();
  const facts: [string, ReactNode][] = [
    ['Duration of the handler (wall)', item.durationMs === null ? null : formatDuration(item.durationMs)],
    ['Model loop (wall)', item.modelLoopMs === null ? null : formatDuration(item.modelLoopMs)],
    ['Billed', item.billedMs === null ? null : formatDuration(item.billedMs)],
    [
      'Max memory used',
      item.maxMemoryMb === null ? null : `${formatCount(item.maxMemoryMb)} of ${formatCount(run.settings.memoryMb)} MB`,
    ],
    [
      'Samples with a prediction that is not a number',
      item.notANumber ? `${formatCount(item.notANumber)} of ${formatCount(item.samples)}` : null,
    ],
    ['Environment', item.coldStart === null ? null : item.coldStart ? 'cold start' : 'warm'],
    [
      'Result',
      item.status === 'SUCCEEDED' ? (
        <CodeLine
          key="result"
          text={`s3://${run.resultBucket}/${run.resultPath}/${item.rank}.json`}
          what="the result's location"
        />
      ) : null,
    ],
    ['Request id', item.requestId && <CodeLine key="request" text={item.requestId} what="the request id" />],
    ['Log group', item.logGroup && <CodeLine key="group" text={item.logGroup} what="the log group" />],
    ['Log stream', item.logStream && <CodeLine key="stream" text={item.logStream} what="the log stream" />],
  ];
  // Of an item that failed, and one that runs, nothing may be known yet.
  if (facts.every(([, value]) => value === null)) return null;
  return (
    <div>
      <Title order={3} size="h5" mb={4}>
        Execution
      </Title>
      <Facts facts={facts} />
    </div>
  );
}

function ItemFailure({ item }: { item: RunItemRow }) {
  const { error, message } = storedFailure(item);
  const { rank, keys, requestId, cause } = item;
  return (
    <ErrorPanel title={error}>
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <p style={{ margin: 0, overflowWrap: 'anywhere' }}>{message}</p>
        <CopyButton
          text={JSON.stringify({ rank, keys, requestId, error: item.error, cause }, null, 2)}
          what="the detail"
        />
      </Group>
    </ErrorPanel>
  );
}
