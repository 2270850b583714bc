import { IconBrain } from '@tabler/icons-react';
import { CodeLine } from '@/components/ui/code-line.tsx';
import { EmptyState } from '@/components/ui/empty-state.tsx';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { Facts } from '@/components/ui/facts.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import type { Model } from '@/lib/domain/model-package.ts';
import classes from './models-list.module.css';

/** Model packages: what goes in, what comes out, what was measured when they were trained. */
export function ModelsList({ models, bucket }: { models: Model[]; bucket: string }) {
  const command = `npm run starmap -- model install <folder> --out s3://${bucket}/models/<name>`;
  if (models.length === 0)
    return (
      <EmptyState icon={IconBrain} title="No models yet" action={<CodeLine text={command} what="the command" />}>
        A model package is a folder with an ONNX file and a model.json that says which tensor feeds which input. The
        local runtime gets its demo model at every npm start.
      </EmptyState>
    );
  return (
    <ul className={classes.models}>
      {models.map((model) => (
        <li key={model.id} className={classes.model}>
          <h3 className={classes.name}>{model.name}</h3>
          {model.description && <p className={classes.text}>{model.description}</p>}
          {model.problem && <ErrorPanel title="This model cannot be used">{model.problem}</ErrorPanel>}
          <Facts
            facts={[
              ['Place', <CodeLine key="place" text={`s3://${model.id}`} what="the place" />],
              ['Size', model.sizeBytes > 0 ? <Quantity key="size" kind="bytes" value={model.sizeBytes} /> : null],
              ['Inputs', model.inputs.map(({ name, tensor }) => `${name} ← ${tensor}`).join(', ') || null],
              [
                'Outputs',
                model.outputs.map(({ column, unit }) => (unit ? `${column} (${unit})` : column)).join(', ') || null,
              ],
              ...measuredFacts(model.measured),
            ]}
          />
        </li>
      ))}
    </ul>
  );
}

/** As the package states them, without reading anything into them. */
function measuredFacts(measured: Record<string, unknown> | null): [string, string][] {
  return Object.entries(measured ?? {}).flatMap(([name, value]): [string, string][] =>
    ['string', 'number', 'boolean'].includes(typeof value) ? [[name.replaceAll('_', ' '), String(value)]] : [],
  );
}
