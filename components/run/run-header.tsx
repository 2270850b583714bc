'use client';

import { Group } from '@mantine/core';
import { LinkButton, TextLink } from '@/components/ui/link-button.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { CompletenessBadge, RunStatusBadge } from '@/components/ui/status.tsx';
import type { ActionResult } from '@/lib/domain/action-result.ts';
import { isOver, useRun } from './live-run.tsx';
import { SettingsLine } from './settings-line.tsx';
import { StopButton } from './stop-button.tsx';

/** Name, state and settings of the run, and what can be done with it. */
export function RunHeader({ stop }: { stop: (id: string) => Promise<ActionResult<null>> }) {
  const run = useRun();
  const { counts, report } = run;
  return (
    <PageHeader
      title={run.label}
      context={
        <>
          <Group gap="sm" mb={4}>
            <RunStatusBadge status={run.status} />
            <CompletenessBadge
              state={run.completeness}
              found={report?.found.items ?? counts.succeeded}
              expected={report?.expected.items ?? counts.total}
            />
            <span>
              <TextLink href={`/experiments/${encodeURIComponent(run.experimentId)}`}>{run.experimentName}</TextLink>
            </span>
            <span>
              {run.startedAt ? 'started ' : 'queued '}
              <RelativeTime at={run.startedAt ?? run.createdAt} />
            </span>
          </Group>
          <SettingsLine settings={run.settings} />
        </>
      }
      action={
        <Group gap="xs">
          <LinkButton href={`/launch?from=${encodeURIComponent(run.id)}`} variant="default" size="sm">
            Launch again
          </LinkButton>
          {isOver(run) ? (
            <LinkButton href={`/compare?experiment=${encodeURIComponent(run.experimentId)}`} size="sm">
              Compare
            </LinkButton>
          ) : (
            <StopButton stop={stop} />
          )}
        </Group>
      }
    />
  );
}
