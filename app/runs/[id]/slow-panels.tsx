import { BillPanel } from '@/components/run/bill-panel.tsx';
import { ResultsPanel } from '@/components/run/results-panel.tsx';
import { WorkflowPanel } from '@/components/run/workflow-panel.tsx';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import type { Bill, RunDetail } from '@/lib/domain/run.ts';
import { getBackend } from '@/lib/server/backend.ts';
import { resultPreview } from '@/lib/server/results.ts';
import { getWorkflow } from '@/lib/server/workflow.ts';

/** These ask the services; where one does not answer, its panel says so and the others stay. */
export async function DeployedWorkflow() {
  const graph = await getWorkflow().catch(sentence);
  if (typeof graph !== 'string') return <WorkflowPanel graph={graph} />;
  return <ErrorPanel title="The workflow could not be read">{graph}</ErrorPanel>;
}

export async function WrittenResults({ run }: { run: RunDetail }) {
  const preview = await resultPreview(run.id).catch(sentence);
  if (typeof preview === 'string') return <ErrorPanel title="The results could not be read">{preview}</ErrorPanel>;
  return <ResultsPanel runId={run.id} location={`s3://${run.resultBucket}/${run.resultPath}/`} preview={preview} />;
}

export async function RunBill({ bill }: { bill: Bill | null }) {
  const { kind } = await getBackend();
  return <BillPanel bill={bill} simulated={kind === 'local'} />;
}

function sentence(error: unknown): string {
  // A service that is not there is a state of affairs, told on the page; anything else is a fault of ours.
  if (!(error instanceof Error && error.name === 'BackendError')) console.error(error);
  return error instanceof Error ? error.message : 'The service did not answer.';
}
