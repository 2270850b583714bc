import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  DescribeStateMachineCommand,
  type ExecutionListItem,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  type MapRunItemCounts,
  RedriveExecutionCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { ItemCounts } from '../domain/run.ts';
import { clients } from './clients.ts';
import { codeOf, inPlainWords } from './plain-words.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';

/** Times are ISO strings in this file's types. */
export interface Execution {
  arn: string;
  name: string;
  status: ExecutionStatus;
  startedAt: string;
  stoppedAt: string | null;
  input: string | null;
  output: string | null;
  error: string | null;
  cause: string | null;
}

/** One element of a map run. ListExecutions tells neither its input nor its output. */
export interface ChildExecution {
  arn: string;
  name: string;
  status: ExecutionStatus;
  startedAt: string;
  stoppedAt: string | null;
}

export interface MapRun {
  arn: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  startedAt: string;
  stoppedAt: string | null;
  items: ItemCounts;
}

/** One event of an execution's history with the details that Starmap reads. */
export interface ExecutionEvent {
  id: number;
  /** AWS's name of the type, such as `TaskStateEntered`. */
  type: string;
  at: string;
  /** Of StateEntered and StateExited events. */
  state: string | null;
  mapRunArn: string | null;
  output: string | null;
  error: string | null;
  cause: string | null;
}

/**
 * Starts an execution of the deployed state machine. Its name makes it idempotent: a second call with the same name
 * and input starts nothing.
 * @returns the execution's ARN, also where it exists already.
 */
export async function startExecution(name: string, input: unknown): Promise<string> {
  const { sfn, connection } = clients();
  const { stateMachineArn } = connection;
  try {
    const started = await inPlainWords(
      sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) })),
      { name: stateMachineArn },
    );
    if (!started.executionArn) throw new Error('Step Functions answered StartExecution without an ARN');
    return started.executionArn;
  } catch (error) {
    if (codeOf(error) !== 'ExecutionAlreadyExists') throw error;
    return executionArn(stateMachineArn, name);
  }
}

/** undefined where there is no such execution (AWS forgets one 90 days after its end). */
export async function maybeDescribeExecution(arn: string): Promise<Execution | undefined> {
  try {
    const found = await inPlainWords(clients().sfn.send(new DescribeExecutionCommand({ executionArn: arn })), {
      name: arn,
    });
    return {
      arn,
      name: found.name ?? '',
      status: (found.status ?? 'RUNNING') as ExecutionStatus,
      startedAt: iso(found.startDate) ?? '',
      stoppedAt: iso(found.stopDate),
      input: found.input ?? null,
      output: found.output ?? null,
      error: found.error ?? null,
      cause: found.cause ?? null,
    };
  } catch (error) {
    if (codeOf(error) === 'ExecutionDoesNotExist') return undefined;
    throw error;
  }
}

/** Stops an execution and the children of its map; one that has ended already is left as it is. */
export async function stopExecution(arn: string, error: string, cause: string): Promise<void> {
  try {
    await inPlainWords(clients().sfn.send(new StopExecutionCommand({ executionArn: arn, error, cause })), {
      name: arn,
    });
  } catch (failure) {
    if (codeOf(failure) !== 'ExecutionDoesNotExist') throw failure;
  }
}

/**
 * Lets an execution that failed or was stopped within the last 14 days go on: the items that succeeded stay, the others
 * run again. Throws where it is still running, has succeeded or is too old.
 */
export async function redriveExecution(arn: string): Promise<void> {
  await inPlainWords(clients().sfn.send(new RedriveExecutionCommand({ executionArn: arn })), { name: arn });
}

/** Events with an id above `afterId`, oldest first. Reads from the end, so that polling stays cheap. */
export async function historySince(
  arn: string,
  afterId: number,
  options: { withData: boolean } = { withData: false },
): Promise<ExecutionEvent[]> {
  const events: ExecutionEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await inPlainWords(
      clients().sfn.send(
        new GetExecutionHistoryCommand({
          executionArn: arn,
          reverseOrder: true,
          maxResults: 200,
          includeExecutionData: options.withData,
          nextToken,
        }),
      ),
      { name: arn },
    );
    const found = (page.events ?? []).map(toEvent);
    events.push(...found.filter((event) => event.id > afterId));
    nextToken = found.some((event) => event.id <= afterId) ? undefined : page.nextToken;
  } while (nextToken);
  return events.sort((a, b) => a.id - b.id);
}

export async function describeMapRun(arn: string): Promise<MapRun> {
  const found = await inPlainWords(clients().sfn.send(new DescribeMapRunCommand({ mapRunArn: arn })), { name: arn });
  return {
    arn,
    status: found.status ?? 'RUNNING',
    startedAt: iso(found.startDate) ?? '',
    stoppedAt: iso(found.stopDate),
    items: toCounts(found.itemCounts),
  };
}

/** The children of a map run, newest first, page after page. */
export async function* listChildExecutions(
  mapRunArn: string,
  status?: Exclude<ExecutionStatus, 'PENDING_REDRIVE'>,
): AsyncGenerator<ChildExecution> {
  let nextToken: string | undefined;
  do {
    const page = await inPlainWords(
      clients().sfn.send(new ListExecutionsCommand({ mapRunArn, statusFilter: status, maxResults: 1000, nextToken })),
      { name: mapRunArn },
    );
    for (const execution of page.executions ?? []) yield toChild(execution);
    nextToken = page.nextToken;
  } while (nextToken);
}

/** The deployed definition (Amazon States Language, JSON text) and its revision. */
export async function describeStateMachine(): Promise<{ definition: string; revisionId: string | null }> {
  const { sfn, connection } = clients();
  const { stateMachineArn } = connection;
  const found = await inPlainWords(sfn.send(new DescribeStateMachineCommand({ stateMachineArn })), {
    name: stateMachineArn,
  });
  return { definition: found.definition ?? '{}', revisionId: found.revisionId ?? null };
}

const executionArn = (stateMachineArn: string, name: string) =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;

function toEvent(event: HistoryEvent): ExecutionEvent {
  const failure =
    event.taskFailedEventDetails ??
    event.taskTimedOutEventDetails ??
    event.mapRunFailedEventDetails ??
    event.executionFailedEventDetails ??
    event.executionTimedOutEventDetails ??
    event.executionAbortedEventDetails;
  return {
    id: event.id ?? 0,
    type: event.type ?? '',
    at: iso(event.timestamp) ?? '',
    state: event.stateEnteredEventDetails?.name ?? event.stateExitedEventDetails?.name ?? null,
    mapRunArn: event.mapRunStartedEventDetails?.mapRunArn ?? event.mapRunRedrivenEventDetails?.mapRunArn ?? null,
    output: event.taskSucceededEventDetails?.output ?? null,
    error: failure?.error ?? null,
    cause: failure?.cause ?? null,
  };
}

function toChild(execution: ExecutionListItem): ChildExecution {
  return {
    arn: execution.executionArn ?? '',
    name: execution.name ?? '',
    status: (execution.status ?? 'RUNNING') as ExecutionStatus,
    startedAt: iso(execution.startDate) ?? '',
    stoppedAt: iso(execution.stopDate),
  };
}

function toCounts(counts: MapRunItemCounts | undefined): ItemCounts {
  return {
    pending: counts?.pending ?? 0,
    running: counts?.running ?? 0,
    succeeded: counts?.succeeded ?? 0,
    failed: counts?.failed ?? 0,
    timedOut: counts?.timedOut ?? 0,
    aborted: counts?.aborted ?? 0,
    total: counts?.total ?? 0,
  };
}

const iso = (date: Date | undefined) => date?.toISOString() ?? null;
