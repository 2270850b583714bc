import type { ReactNode } from 'react';
import { CodeLine } from '@/components/ui/code-line.tsx';
import { Facts } from '@/components/ui/facts.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import type { Dataset } from '@/lib/domain/dataset.ts';

/** What a dataset holds and how it was made, from its dataset.json. */
export function DatasetFacts({ dataset }: { dataset: Dataset }) {
  const { manifest } = dataset;
  return (
    <Facts
      facts={[
        ['Place', <CodeLine key="place" text={`s3://${dataset.id}`} what="the place" />],
        ['Size', <Quantity key="size" kind="bytes" value={dataset.sizeBytes} />],
        ['Partitions', <Quantity key="partitions" kind="count" value={dataset.partitions} />],
        ['Partition size', <Quantity key="each" kind="bytes" value={dataset.partitionSizeBytes} />],
        [
          'Samples',
          dataset.samples === null ? (
            'not known: there is no dataset.json'
          ) : (
            <Quantity key="samples" kind="count" value={dataset.samples} />
          ),
        ],
        ['Format', dataset.format || null],
        ['Made', dataset.createdAt ? <RelativeTime key="made" at={dataset.createdAt} /> : null],
        ...(manifest?.tensors ?? []).map(({ name, dtype, shape }): [string, string] => [
          `Tensor ${name}`,
          shape.length === 0 ? `${dtype}, one for each sample` : `${dtype} [${shape.join(', ')}] for each sample`,
        ]),
        ...Object.entries(manifest?.made_by ?? {}).map(madeBy),
      ]}
    />
  );
}

/** As dataset.json states it; the size is what was asked for, of which whole samples take a little less. */
function madeBy([name, value]: [string, unknown]): [string, ReactNode] {
  if (name === 'size_bytes' && typeof value === 'number')
    return ['size asked for', <Quantity key={name} kind="bytes" value={value} />];
  return [name.replaceAll('_', ' '), typeof value === 'object' ? JSON.stringify(value) : String(value)];
}
