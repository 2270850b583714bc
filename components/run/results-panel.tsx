import { Alert, Button, Group, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { Panel } from '@/components/ui/panel.tsx';
import type { ExecutionInfo } from '@/lib/domain/execution-info.ts';
import { plural } from '@/lib/domain/format.ts';
import { PreviewTable } from './preview-table.tsx';

export interface Preview {
  records: ExecutionInfo[];
  total: number;
  predictions: { columns: string[]; totalColumns: number; rows: unknown[][]; total: number } | null;
}

/** The combined result and the predictions: a look at both, and the files to download. */
export function ResultsPanel({
  runId,
  location,
  preview,
  wasWritten,
}: {
  runId: string;
  location: string;
  preview: Preview | null;
  /** Whether Summarize came to its end: then what is not there was deleted. */
  wasWritten: boolean;
}) {
  const file = (name: string) => `/api/runs/${encodeURIComponent(runId)}/results/${name}`;
  if (!preview)
    return (
      <Panel title="Results" note={location} action={<RowDownload runId={runId} />}>
        <Alert color="gray">
          {wasWritten
            ? 'The combined result is no longer there: it was deleted after the run, or moved.'
            : 'There is no combined result: Summarize has not written one for this run.'}
        </Alert>
      </Panel>
    );
  const { records, total, predictions } = preview;
  const columns = columnsOf(records);
  return (
    <Panel
      title="Results"
      note={location}
      action={
        <Group gap="xs">
          <Download href={file('combined_data.json')}>combined_data.json</Download>
          {predictions && (
            <>
              <Download href={file('predictions.csv')}>predictions.csv</Download>
              <Download href={file('predictions.parquet')}>predictions.parquet</Download>
            </>
          )}
          <RowDownload runId={runId} />
        </Group>
      }
    >
      <Text size="sm" fw={600} mb={4}>
        Combined result{' '}
        <Text span size="xs" c="dimmed" fw={400}>
          {shown(records.length, total, 'record')}
          {total > 0 && ', in the published spelling first'}
        </Text>
      </Text>
      {total > 0 ? (
        <PreviewTable
          label="Combined result"
          columns={columns}
          rows={records.map((record) => columns.map((name) => (record as Record<string, unknown>)[name]))}
        />
      ) : (
        <Text size="sm" c="dimmed">
          No item left a record.
        </Text>
      )}
      <Text size="sm" fw={600} mt="md" mb={4}>
        Predictions{' '}
        {predictions && (
          <Text span size="xs" c="dimmed" fw={400}>
            {shown(predictions.rows.length, predictions.total, 'row')}
            {predictions.columns.length < predictions.totalColumns &&
              `, ${shown(predictions.columns.length, predictions.totalColumns, 'column')}`}
          </Text>
        )}
      </Text>
      {predictions ? (
        <PreviewTable label="First predictions" columns={predictions.columns} rows={predictions.rows} />
      ) : (
        <Text size="sm" c="dimmed">
          This run wrote no predictions.
        </Text>
      )}
    </Panel>
  );
}

function shown(here: number, total: number, noun: string): string {
  return here < total ? `first ${here} of ${plural(total, noun)}` : plural(total, noun);
}

/** Every key that some record has, in the order in which they appear; nested values have no column. */
function columnsOf(records: ExecutionInfo[]): string[] {
  const names = new Set(
    records.flatMap((record) => Object.entries(record).flatMap(([name, value]) => (isPlain(value) ? [name] : []))),
  );
  return [...names];
}

const isPlain = (value: unknown) => value === null || typeof value !== 'object';

function RowDownload({ runId }: { runId: string }) {
  return <Download href={`/api/runs.csv?ids=${encodeURIComponent(runId)}`}>Run as a CSV row</Download>;
}

function Download({ href, children }: { href: string; children: string }) {
  return (
    <Button
      component="a"
      href={href}
      download
      size="compact-xs"
      variant="default"
      leftSection={<IconDownload size={14} />}
    >
      {children}
    </Button>
  );
}
