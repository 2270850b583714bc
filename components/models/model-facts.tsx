import { CodeLine } from '@/components/ui/code-line.tsx';
import { Facts } from '@/components/ui/facts.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import type { Model } from '@/lib/domain/model-package.ts';

/** What model.json says, and where the package lies in which version. */
export function ModelFacts({ model }: { model: Model }) {
  const { id, sizeBytes, etag, modifiedAt, inputs, outputs, idTensor, truth, script, measured } = model;
  return (
    <Facts
      facts={[
        ['Place', <CodeLine key="place" text={`s3://${id}`} what="the place" />],
        ['Size', sizeBytes > 0 ? <Quantity key="size" kind="bytes" value={sizeBytes} /> : null],
        ['Version (ETag)', etag ? <CodeLine key="etag" text={etag} what="the ETag" /> : null],
        ['Uploaded', modifiedAt ? <RelativeTime key="at" at={modifiedAt} /> : null],
        ...inputs.map(({ name, tensor, steps }): [string, string] => [
          `Input ${name}`,
          [tensor === null ? 'made by the script' : `tensor ${tensor}`, ...steps].join(', '),
        ]),
        ...outputs.map(({ name, column, unit, reduce }): [string, string] => [
          `Column ${column}`,
          [
            name === null ? 'made by the script' : `output ${name}`,
            ...(reduce ? [reduce] : []),
            ...(unit ? [`in ${unit}`] : []),
          ].join(', '),
        ]),
        ['Id of a sample', idTensor ? `tensor ${idTensor}` : null],
        ...truth.map(({ column, tensor }): [string, string] => [`Truth of ${column}`, `tensor ${tensor}`]),
        ['Script', script],
        ...measuredFacts(measured),
      ]}
    />
  );
}

/** As the package states them, without reading anything into them. */
function measuredFacts(measured: Model['measured']): [string, string][] {
  return Object.entries(measured ?? {}).flatMap(([name, value]): [string, string][] =>
    ['string', 'number', 'boolean'].includes(typeof value) ? [[name.replaceAll('_', ' '), String(value)]] : [],
  );
}
