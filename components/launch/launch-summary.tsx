'use client';

import { Button, Loader, SegmentedControl } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import { CopyButton } from '@/components/ui/copy-button.tsx';
import { Facts } from '@/components/ui/facts.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { Quantity } from '@/components/ui/quantity.tsx';
import { formatCount, plural } from '@/lib/domain/format.ts';
import type { LaunchPreview } from '@/lib/domain/launch-preview.ts';
import classes from './launch-summary.module.css';
import type { PreviewState } from './use-preview.ts';

interface Props {
  state: PreviewState;
  /** As far as the form alone can tell. */
  runs: number;
  launching: boolean;
}

/** What the form would do: runs, items, time, cost, warnings and the exact inputs. */
export function LaunchSummary({ state: { preview, loading, refusal }, runs, launching }: Props) {
  const count = refusal || !preview || loading ? runs : preview.runs;
  return (
    <Panel
      title="Summary"
      action={loading ? <Loader size={14} role="img" aria-label="Reading the preview" /> : undefined}
    >
      <div className={classes.summary} data-old={loading || refusal ? true : undefined}>
        {preview && !refusal ? (
          <Figures preview={preview} />
        ) : (
          <p className={classes.none}>
            {refusal?.message || (refusal ? 'Complete the form to see what it would launch.' : 'Reading the data …')}
          </p>
        )}
      </div>
      <Button type="submit" fullWidth mt="md" loading={launching}>
        {count > 0 ? `Launch ${plural(count, 'run')}` : 'Launch'}
      </Button>
      {preview && !refusal && <Inputs preview={preview} />}
    </Panel>
  );
}

function Figures({ preview }: { preview: LaunchPreview }) {
  const { estimate } = preview;
  return (
    <>
      <Facts
        facts={[
          ['Runs', formatCount(preview.runs)],
          ['Items', <Quantity key="items" kind="count" value={preview.items} />],
          [
            'Samples',
            preview.samples === null ? 'not known' : <Quantity key="samples" kind="count" value={preview.samples} />,
          ],
          ['Data read', <Quantity key="data" kind="bytes" value={preview.dataBytes} />],
          [
            'Time, about',
            estimate ? <Quantity key="time" kind="durationMs" value={estimate.wallMs} /> : 'no run to learn from yet',
          ],
          [
            'Cost, about',
            estimate ? <Quantity key="cost" kind="usd" value={estimate.costUsd} /> : 'no run to learn from yet',
          ],
        ]}
      />
      {estimate && (
        <p className={classes.note}>
          From {plural(estimate.basedOnRuns, 'finished run')} of the same model and memory, one run after the other.
        </p>
      )}
      {preview.warnings.map((warning) => (
        <p key={warning} className={classes.warning}>
          <IconAlertTriangle size={15} aria-label="Warning" /> {warning}
        </p>
      ))}
    </>
  );
}

/** Inputs of the first executions, as the state machine gets them. */
function Inputs({ preview: { inputs, runs } }: { preview: LaunchPreview }) {
  const [shown, setShown] = useState('0');
  const input = inputs[Number(shown)] ?? inputs[0];
  if (!input) return null;
  const json = JSON.stringify(input, null, 2);
  return (
    <section className={classes.inputs} aria-label="State machine input">
      <div className={classes.head}>
        <h3>State machine input</h3>
        <CopyButton text={json} what="the input" />
      </div>
      {inputs.length > 1 && (
        <SegmentedControl
          size="xs"
          fullWidth
          aria-label="Which run"
          value={inputs[Number(shown)] ? shown : '0'}
          onChange={setShown}
          data={inputs.map((_, index) => ({ value: String(index), label: `Run ${index + 1}` }))}
        />
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <pre className={classes.json} tabIndex={0}>
        {json}
      </pre>
      <p className={classes.note}>
        {runs > inputs.length && `The first ${inputs.length} of ${formatCount(runs)}. `}The ids in run_id, experiment_id
        and result_path are given anew at launch.
      </p>
    </section>
  );
}
