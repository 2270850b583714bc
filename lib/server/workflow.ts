import { describeStateMachine } from '../aws/executions.ts';
import { toWorkflowGraph, type WorkflowGraph } from '../domain/workflow.ts';

/** The deployed state machine as a graph to draw. */
export async function getWorkflow(): Promise<WorkflowGraph> {
  const { definition } = await describeStateMachine();
  return toWorkflowGraph(JSON.parse(definition));
}
