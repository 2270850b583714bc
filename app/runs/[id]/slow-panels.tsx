import { PredictionsPanel } from '@/components/run/predictions-panel.tsx';
import { ResultsPanel } from '@/components/run/results-panel.tsx';
import { WorkflowPanel } from '@/components/run/workflow-panel.tsx';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { formatCount, plural } from '@/lib/domain/format.ts';
import type { PredictionStatistics } from '@/lib/domain/prediction-statistics.ts';
import type { RunDetail } from '@/lib/domain/run.ts';
import { elsewhere } from '@/lib/server/elsewhere.ts';
import { predictionStatistics, resultPreview } from '@/lib/server/results.ts';
import { getWorkflow } from '@/lib/server/workflow.ts';

/** These ask the services; where one does not answer, its panel says so and the others stay. */
export async function DeployedWorkflow({ run }: { run: RunDetail }) {
  if (elsewhere(run)) return null;
  const graph = await getWorkflow().catch(sentence);
  if (typeof graph !== 'string') return <WorkflowPanel graph={graph} />;
  return <ErrorPanel title="The workflow could not be read">{graph}</ErrorPanel>;
}

export async function WrittenResults({ run }: { run: RunDetail }) {
  if (elsewhere(run)) return null;
  const preview = await resultPreview(run.id).catch(sentence);
  if (typeof preview === 'string') return <ErrorPanel title="The results could not be read">{preview}</ErrorPanel>;
  const location = `s3://${run.resultBucket}/${run.resultPath}/`;
  return <ResultsPanel runId={run.id} location={location} preview={preview} wasWritten={wasSummarized(run)} />;
}

export async function DescribedPredictions({ run }: { run: RunDetail }) {
  if (elsewhere(run)) return <PredictionsPanel runId={run.id} statistics={storedStatistics(run)} incomplete={null} />;
  const statistics = await predictionStatistics(run.id).catch(sentence);
  if (typeof statistics === 'string') {
    return <ErrorPanel title="The statistics of the predictions could not be read">{statistics}</ErrorPanel>;
  }
  if (!statistics && wasSummarized(run))
    return <PredictionsPanel runId={run.id} statistics={storedStatistics(run)} incomplete={null} isGone />;
  const { report } = run;
  const incomplete =
    report && !report.complete
      ? `These are the predictions of the ${formatCount(report.found.items)} of ${plural(report.expected.items, 'item')} that left a result.`
      : null;
  return <PredictionsPanel runId={run.id} statistics={statistics} incomplete={incomplete} />;
}

/** Its states write the combined result and the summary; the second is that of a map that failed. */
const wasSummarized = ({ states }: RunDetail) =>
  [states.Summarize, states.SummarizeWhatIsThere].some((state) => state?.status === 'SUCCEEDED');

/** What the database has of them. */
function storedStatistics({ measures, report }: RunDetail): PredictionStatistics {
  return { rows: report?.found.samples ?? 0, predicted: [], metrics: measures?.metrics ?? [], notANumber: null };
}

function sentence(error: unknown): string {
  // A service that is not there is a state of affairs, told on the page; anything else is a fault of ours.
  if (!(error instanceof Error && error.name === 'BackendError')) console.error(error);
  return error instanceof Error ? error.message : 'The service did not answer.';
}
