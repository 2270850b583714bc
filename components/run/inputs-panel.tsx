import { CodeLine } from '@/components/ui/code-line.tsx';
import { Facts } from '@/components/ui/facts.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import type { RunDetail } from '@/lib/domain/run.ts';
import classes from './inputs-panel.module.css';

/** Ids to look the run up elsewhere, and the input that its execution got. */
export function InputsPanel({ run }: { run: RunDetail }) {
  return (
    <Panel title="Execution">
      <Facts
        facts={[
          ['Run', <CodeLine key="run" text={run.id} what="the run's id" />],
          [
            'Execution',
            run.executionArn && <CodeLine key="execution" text={run.executionArn} what="the execution's ARN" />,
          ],
          ['Map run', run.mapRunArn && <CodeLine key="map" text={run.mapRunArn} what="the map run's ARN" />],
          [
            'Results',
            <CodeLine key="results" text={`s3://${run.resultBucket}/${run.resultPath}/`} what="the result path" />,
          ],
        ]}
      />
      <details className={classes.input}>
        <summary>Input of the execution</summary>
        <pre>{JSON.stringify(run.input, null, 2)}</pre>
      </details>
    </Panel>
  );
}
