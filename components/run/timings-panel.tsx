import { Table, TableTbody, TableTd, TableTh, TableTr } from '@mantine/core';
import { Panel } from '@/components/ui/panel.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import { plural, type QuantityKind } from '@/lib/domain/format.ts';
import type { RunMeasures, RunSettings } from '@/lib/domain/run.ts';

interface Props {
  measures: RunMeasures;
  settings: RunSettings;
}

interface Row {
  name: string;
  meaning: string;
  kind: QuantityKind;
  value: number | null;
}

/** Wall time, model time and billed time are different numbers: each under its own name. */
export function TimingsPanel({ measures, settings }: Props) {
  const loop = measures.modelLoopMs;
  const rows: Row[] = [
    {
      name: 'Map, wall time',
      meaning: 'first item started to last item stopped: the “inference time” of the charts',
      kind: 'durationMs',
      value: measures.mapWallMs,
    },
    {
      name: 'Execution, wall time',
      meaning: 'the whole state machine, with Initialize and Summarize',
      kind: 'durationMs',
      value: measures.executionWallMs,
    },
    {
      name: 'Model loop per item, median',
      meaning: loop ? spreadText(loop.n) : 'wall time inside the function',
      kind: 'durationMs',
      value: loop?.median ?? null,
    },
    { name: 'Model loop, fastest item', meaning: 'minimum', kind: 'durationMs', value: loop?.min ?? null },
    {
      name: 'Model loop, 95th percentile',
      meaning: '19 of 20 items are at most this long',
      kind: 'durationMs',
      value: loop?.p95 ?? null,
    },
    { name: 'Model loop, slowest item', meaning: 'maximum', kind: 'durationMs', value: loop?.max ?? null },
    {
      name: 'Billed',
      meaning: 'sum over all invocations, cold starts included: what Lambda charges',
      kind: 'durationMs',
      value: measures.billedMs,
    },
    {
      name: 'Cold starts',
      meaning: 'invocations that had to start an environment',
      kind: 'count',
      value: measures.coldStarts,
    },
    {
      name: 'Max memory used',
      meaning: `largest invocation, of ${settings.memoryMb.toLocaleString('en-US')} MB configured`,
      kind: 'memoryMb',
      value: measures.maxMemoryUsedMb,
    },
    {
      name: 'Throughput',
      meaning: 'all input bits ÷ wall time of the map',
      kind: 'bitsPerSecond',
      value: measures.throughputBps,
    },
    {
      name: 'Throughput',
      meaning: 'all samples ÷ wall time of the map',
      kind: 'samplesPerSecond',
      value: measures.samplesPerSecond,
    },
    {
      name: 'Sum of worker rates',
      meaning: 'each worker’s own bit/s, added up: not the throughput of the run',
      kind: 'bitsPerSecond',
      value: measures.sumOfWorkerThroughputBps,
    },
  ];
  return (
    <Panel title="Timings and rates">
      <Table fz="sm" verticalSpacing={4}>
        <TableTbody>
          {rows.map(({ name, meaning, kind, value }) => (
            <TableTr key={`${name} ${kind}`}>
              <TableTh scope="row" fw={500}>
                {name}
                <div
                  style={{
                    fontWeight: 400,
                    fontSize: 'var(--mantine-font-size-xs)',
                    color: 'var(--mantine-color-dimmed)',
                  }}
                >
                  {meaning}
                </div>
              </TableTh>
              <TableTd ta="right" style={{ whiteSpace: 'nowrap' }}>
                <Quantity kind={kind} value={value} />
              </TableTd>
            </TableTr>
          ))}
        </TableTbody>
      </Table>
    </Panel>
  );
}

function spreadText(n: number): string {
  return `wall time inside the function, over ${plural(n, 'item')}`;
}
