'use client';

import { Button, CopyButton, Group, Skeleton, Text, Title } from '@mantine/core';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import type { ItemStatus } from '@/lib/domain/run.ts';
import classes from './item-log.module.css';
import { lineKind, withoutTold } from './log-line.ts';
import { ScrollRegion } from './scroll-region.tsx';
import { useResource } from './use-resource.ts';

interface Log {
  lines: { timestampMs: number; message: string }[];
  note: string | null;
}

interface Props {
  runId: string;
  rank: number;
  status: ItemStatus;
  /** The item's error, where that stands above. */
  told: string | null;
}

/** What the function printed for one item; lines that tell of an error not told yet are repeated on top. */
export function ItemLog({ runId, rank, status, told }: Props) {
  const url = `/api/runs/${encodeURIComponent(runId)}/items/${rank}/log`;
  const { data, error, loading, reload } = useResource<Log>(url, status);
  const raw = data?.lines ?? [];
  const lines = raw.map(({ timestampMs, message }) => ({ timestampMs, message: withoutTold(message, told) }));
  const text = raw.map(({ timestampMs, message }) => `${clock(timestampMs)}  ${message.trimEnd()}`).join('\n');
  const errors = lines
    .filter(({ message }, i) => lineKind(message) === 'error' && message === raw[i]?.message)
    .slice(0, 5);
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Title order={3} size="h5">
          Log
        </Title>
        <Group gap="xs">
          <Button size="compact-xs" variant="default" onClick={reload} loading={loading}>
            Read again
          </Button>
          <CopyButton value={text}>
            {({ copied, copy }) => (
              <Button size="compact-xs" variant="default" onClick={copy} disabled={lines.length === 0}>
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
        </Group>
      </Group>
      {error && <ErrorPanel title="The log could not be read">{error}</ErrorPanel>}
      {data?.note && (
        <Text size="sm" c="dimmed" mb={4}>
          {data.note}
        </Text>
      )}
      {!data && loading && <Skeleton height={120} />}
      {errors.length > 0 && status !== 'SUCCEEDED' && (
        <ScrollRegion label="Lines that tell of an error" className={`${classes.log} ${classes.errors}`}>
          {errors.map(({ timestampMs, message }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: log lines have no identity but their place
            <Line key={index} timestampMs={timestampMs} message={message} />
          ))}
        </ScrollRegion>
      )}
      {lines.length > 0 && (
        <ScrollRegion label="Log lines" className={classes.log}>
          {lines.map(({ timestampMs, message }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: log lines have no identity but their place
            <Line key={index} timestampMs={timestampMs} message={message} />
          ))}
        </ScrollRegion>
      )}
    </div>
  );
}

function Line({ timestampMs, message }: { timestampMs: number; message: string }) {
  return (
    <div className={classes.line} data-kind={lineKind(message)}>
      <span className={classes.time}>{clock(timestampMs)}</span> {message.trimEnd()}
    </div>
  );
}

/** UTC, as CloudWatch prints it. */
function clock(timestampMs: number): string {
  return new Date(timestampMs).toISOString().slice(11, 23);
}
