import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import { arnsOf, lastPart } from './arns.ts';
import { openDatabase } from './database.ts';
import { diagnose } from './definition.ts';
import { createRunner, type ExecutionRow } from './executions.ts';
import { type HistoryEvent, toWire } from './history.ts';
import { parse, requests } from './inputs.ts';
import type { Objects } from './item-reader.ts';
import type { LambdaInvoker } from './lambda-task.ts';
import type { ChildRow, LiveMapRun, MapRunRow } from './map-run.ts';
import { childOf, countsOf, executionOf, listItem, mapRunOf } from './wire.ts';

export interface StepFunctionsOptions {
  dir: string;
  lambda: LambdaInvoker;
  objects: Objects;
  accountId: string;
  region: string;
  /** Children with Lambda tasks kept in flight where a Map sets no MaxConcurrency. */
  lambdaChildren?: number;
}

interface MachineRow {
  arn: string;
  name: string;
  definition: string;
  role: string;
  revision: string;
  created_ms: number;
  updated_ms: number;
}

const NAME = /^[0-9A-Za-z_.+!@()\-=']{1,80}$/;
const MAX_INPUT_BYTES = 262_144;
const REDRIVE_LIMIT_MS = 14 * 86_400_000;

/** Step Functions on this machine: API action → handler. Times leave as epoch seconds. */
export function createStepFunctions({
  dir,
  lambda,
  objects,
  accountId,
  region,
  lambdaChildren = 16,
}: StepFunctionsOptions) {
  const db = openDatabase(dir);
  const arns = arnsOf(region, accountId);
  const runner = createRunner({ db, lambda, objects, region, accountId, lambdaChildren });

  const requireMachine = (arn: string): MachineRow => {
    const row = db.maybe<MachineRow>('SELECT * FROM machines WHERE arn = ?', arn);
    if (!row) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return row;
  };
  const requireMapRun = (arn: string): { row: MapRunRow; live: LiveMapRun | undefined } => {
    const live = runner.live.get(arn);
    const row = live?.row ?? db.maybe<MapRunRow>('SELECT * FROM map_runs WHERE arn = ?', arn);
    if (!row) throw new AwsError('ResourceNotFound', `Map Run Does Not Exist: '${arn}'`);
    return { row, live };
  };
  const maybeExecution = (arn: string) => db.maybe<ExecutionRow>('SELECT * FROM executions WHERE arn = ?', arn);
  /** A child, finished or running, by its execution ARN. */
  const maybeChild = (
    arn: string,
  ): { child: ChildRow; mapRun: MapRunRow; events: () => HistoryEvent[] } | undefined => {
    const machine = arn.replace(':execution:', ':stateMachine:').split(':').slice(0, 7).join(':');
    const name = lastPart(arn);
    for (const mapRun of db.all<MapRunRow>('SELECT * FROM map_runs WHERE child_machine = ?', machine)) {
      const child = db.maybe<ChildRow & { events: string }>(
        'SELECT * FROM children WHERE map_run = ? AND name = ?',
        mapRun.arn,
        name,
      );
      if (child) return { child, mapRun, events: () => JSON.parse(child.events) as HistoryEvent[] };
      const running = runningChildren(runner.live.get(mapRun.arn)).find((each) => each.child.name === name);
      if (running) return { ...running, mapRun };
    }
    return undefined;
  };
  const unknownExecution = (arn: string) => new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);

  const createMachine = (name: string, definition: string, role: string) => {
    if (!NAME.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
    refuseBad(definition);
    const row = {
      arn: arns.machine(name),
      name,
      definition,
      role,
      revision: randomUUID(),
      created_ms: Date.now(),
      updated_ms: Date.now(),
    };
    return row;
  };

  const actions = {
    async CreateStateMachine(input: unknown) {
      const { name, definition, roleArn, type, publish } = parse(requests.CreateStateMachine, input);
      if (type === 'EXPRESS') throw notSupported('state machines of type EXPRESS');
      if (publish) throw notSupported('versions of a state machine (publish)');
      const row = createMachine(name, definition, roleArn);
      const existing = db.maybe<MachineRow>('SELECT * FROM machines WHERE arn = ?', row.arn);
      if (existing && (existing.definition !== definition || existing.role !== roleArn))
        throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${row.arn}'`);
      if (!existing)
        await db.write(
          'INSERT INTO machines VALUES (?, ?, ?, ?, ?, ?, ?)',
          row.arn,
          row.name,
          row.definition,
          row.role,
          row.revision,
          row.created_ms,
          row.updated_ms,
        );
      return { stateMachineArn: row.arn, creationDate: (existing ?? row).created_ms / 1000 };
    },
    async UpdateStateMachine(input: unknown) {
      const { stateMachineArn, definition, roleArn } = parse(requests.UpdateStateMachine, input);
      const row = requireMachine(stateMachineArn);
      if (definition !== undefined) refuseBad(definition);
      const [updatedMs, revisionId] = [Date.now(), randomUUID()];
      await db.write(
        'UPDATE machines SET definition = ?, role = ?, revision = ?, updated_ms = ? WHERE arn = ?',
        definition ?? row.definition,
        roleArn ?? row.role,
        revisionId,
        updatedMs,
        stateMachineArn,
      );
      return { updateDate: updatedMs / 1000, revisionId };
    },
    async DeleteStateMachine(input: unknown) {
      await db.write('DELETE FROM machines WHERE arn = ?', parse(requests.stateMachineArn, input).stateMachineArn);
      return {};
    },
    DescribeStateMachine(input: unknown) {
      const row = requireMachine(parse(requests.stateMachineArn, input).stateMachineArn);
      return {
        stateMachineArn: row.arn,
        name: row.name,
        status: 'ACTIVE',
        definition: row.definition,
        roleArn: row.role,
        type: 'STANDARD',
        creationDate: row.created_ms / 1000,
        revisionId: row.revision,
      };
    },
    DescribeStateMachineForExecution(input: unknown) {
      const { executionArn } = parse(requests.executionArn, input);
      const row = maybeExecution(executionArn);
      if (!row) throw unknownExecution(executionArn);
      const machine = requireMachine(row.machine);
      return {
        stateMachineArn: row.machine,
        name: machine.name,
        definition: row.definition,
        roleArn: machine.role,
        updateDate: machine.updated_ms / 1000,
      };
    },
    ListStateMachines(input: unknown) {
      const { maxResults, nextToken } = parse(requests.page, input);
      const from = offsetOf(nextToken);
      const rows = db.all<MachineRow>('SELECT * FROM machines ORDER BY name LIMIT ? OFFSET ?', maxResults + 1, from);
      const stateMachines = rows.slice(0, maxResults).map((row) => ({
        stateMachineArn: row.arn,
        name: row.name,
        type: 'STANDARD',
        creationDate: row.created_ms / 1000,
      }));
      return { stateMachines, ...tokenAfter(rows.length > maxResults, from + maxResults) };
    },
    ValidateStateMachineDefinition(input: unknown) {
      const diagnostics = diagnose(parse(requests.definition, input).definition);
      return {
        result: diagnostics.some((each) => each.severity === 'ERROR') ? 'FAIL' : 'OK',
        diagnostics,
        truncated: false,
      };
    },
    async StartExecution(input: unknown) {
      const { stateMachineArn, name = randomUUID(), input: text = '{}' } = parse(requests.StartExecution, input);
      const machine = requireMachine(stateMachineArn);
      if (!NAME.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
      if (Buffer.byteLength(text) > MAX_INPUT_BYTES)
        throw new AwsError('InvalidExecutionInput', `The input exceeds ${MAX_INPUT_BYTES} bytes`);
      if (!isJson(text))
        throw new AwsError('InvalidExecutionInput', "Invalid State Machine Execution Input: 'input is not valid JSON'");
      const arn = arns.execution(machine.name, name);
      const existing = maybeExecution(arn);
      if (existing) {
        // The same name with the same input while it runs is the same request again.
        if (existing.status === 'RUNNING' && existing.input === text)
          return { executionArn: arn, startDate: existing.start_ms / 1000 };
        throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
      }
      const row: ExecutionRow = {
        arn,
        machine: machine.arn,
        name,
        definition: machine.definition,
        input: text,
        status: 'RUNNING',
        start_ms: Date.now(),
        stop_ms: null,
        output: null,
        error: null,
        cause: null,
        at_state: null,
        at_input: null,
        last_event: 0,
        previous_event: 0,
        redrive_count: 0,
        redrive_ms: null,
      };
      await db.write(
        'INSERT INTO executions (arn, machine, name, definition, input, status, start_ms) VALUES (?, ?, ?, ?, ?, ?, ?)',
        arn,
        row.machine,
        name,
        row.definition,
        text,
        row.status,
        row.start_ms,
      );
      runner.start(row);
      return { executionArn: arn, startDate: row.start_ms / 1000 };
    },
    DescribeExecution(input: unknown) {
      const { executionArn } = parse(requests.executionArn, input);
      const row = maybeExecution(executionArn);
      if (row) return executionOf(row);
      const found = maybeChild(executionArn);
      if (!found) throw unknownExecution(executionArn);
      return childOf(found.child, found.mapRun);
    },
    ListExecutions(input: unknown) {
      const { stateMachineArn, mapRunArn, statusFilter, maxResults, nextToken } = parse(requests.ListExecutions, input);
      if ((stateMachineArn === undefined) === (mapRunArn === undefined))
        throw new AwsError('ValidationException', 'Give either stateMachineArn or mapRunArn');
      const from = offsetOf(nextToken);
      if (mapRunArn !== undefined) {
        const { row, live } = requireMapRun(mapRunArn);
        const running = runningChildren(live)
          .map(({ child }) => child)
          .filter((child) => statusFilter === undefined || child.status === statusFilter)
          .reverse();
        const finished = db.all<ChildRow>(
          `SELECT map_run, number, name, status, items, start_ms, stop_ms FROM children WHERE map_run = ? ${statusFilter ? 'AND status = ?' : ''} ORDER BY start_ms DESC, number DESC LIMIT ? OFFSET ?`,
          mapRunArn,
          ...(statusFilter ? [statusFilter] : []),
          maxResults + 1,
          Math.max(0, from - running.length),
        );
        const rows = [...running.slice(from), ...finished];
        return {
          executions: rows.slice(0, maxResults).map((child) => listItem(child, row)),
          ...tokenAfter(rows.length > maxResults, from + maxResults),
        };
      }
      requireMachine(stateMachineArn as string);
      const rows = db.all<ExecutionRow>(
        `SELECT * FROM executions WHERE machine = ? ${statusFilter ? 'AND status = ?' : ''} ORDER BY start_ms DESC, arn LIMIT ? OFFSET ?`,
        stateMachineArn as string,
        ...(statusFilter ? [statusFilter] : []),
        maxResults + 1,
        from,
      );
      const executions = rows.slice(0, maxResults).map((row) => {
        const { executionArn, name, status, startDate, stopDate, redriveCount } = executionOf(row);
        return {
          executionArn,
          stateMachineArn,
          name,
          status,
          startDate,
          redriveCount,
          ...(stopDate === undefined ? {} : { stopDate }),
        };
      });
      return { executions, ...tokenAfter(rows.length > maxResults, from + maxResults) };
    },
    GetExecutionHistory(input: unknown) {
      const { executionArn, maxResults, nextToken, reverseOrder, includeExecutionData } = parse(
        requests.GetExecutionHistory,
        input,
      );
      const from = offsetOf(nextToken);
      if (maybeExecution(executionArn)) {
        const rows = db.all<{ id: number; previous: number; time_ms: number; type: string; details: string | null }>(
          `SELECT * FROM events WHERE execution = ? ORDER BY id ${reverseOrder ? 'DESC' : 'ASC'} LIMIT ? OFFSET ?`,
          executionArn,
          maxResults + 1,
          from,
        );
        const events = rows.slice(0, maxResults).map((row) =>
          toWire(
            {
              id: row.id,
              previousEventId: row.previous,
              timestampMs: row.time_ms,
              type: row.type,
              details: row.details === null ? undefined : (JSON.parse(row.details) as HistoryEvent['details']),
            },
            includeExecutionData,
          ),
        );
        return { events, ...tokenAfter(rows.length > maxResults, from + maxResults) };
      }
      const found = maybeChild(executionArn);
      if (!found) throw unknownExecution(executionArn);
      const all = reverseOrder ? found.events().toReversed() : found.events();
      return {
        events: all.slice(from, from + maxResults).map((event) => toWire(event, includeExecutionData)),
        ...tokenAfter(all.length > from + maxResults, from + maxResults),
      };
    },
    async StopExecution(input: unknown) {
      const { executionArn, error = '', cause = '' } = parse(requests.StopExecution, input);
      const row = maybeExecution(executionArn);
      if (!row) throw unknownExecution(executionArn);
      await runner.stop(executionArn, error, cause);
      return { stopDate: (maybeExecution(executionArn)?.stop_ms ?? Date.now()) / 1000 };
    },
    async RedriveExecution(input: unknown) {
      const { executionArn } = parse(requests.executionArn, input);
      const row = maybeExecution(executionArn);
      if (!row) throw unknownExecution(executionArn);
      if (row.status === 'RUNNING' || row.status === 'SUCCEEDED')
        throw new AwsError('ExecutionNotRedrivable', `Execution is ${row.status} and cannot be redriven`);
      if (Date.now() - (row.stop_ms ?? 0) > REDRIVE_LIMIT_MS)
        throw new AwsError('ExecutionNotRedrivable', 'Execution ended more than 14 days ago and cannot be redriven');
      const [redriveMs, redriveCount] = [Date.now(), row.redrive_count + 1];
      const last =
        db.maybe<{ last: number }>('SELECT MAX(id) AS last FROM events WHERE execution = ?', executionArn)?.last ?? 0;
      const mapRun = db.maybe<MapRunRow>(
        "SELECT * FROM map_runs WHERE execution = ? AND state = ? AND status IN ('FAILED', 'ABORTED')",
        executionArn,
        row.at_state,
      );
      void db.write(
        'INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)',
        executionArn,
        last + 1,
        last,
        redriveMs,
        'ExecutionRedriven',
        JSON.stringify({ redriveCount }),
      );
      if (mapRun) {
        void db.write("DELETE FROM children WHERE map_run = ? AND status <> 'SUCCEEDED'", mapRun.arn);
        void db.write(
          "UPDATE map_runs SET status = 'RUNNING', stop_ms = NULL, redrive_count = redrive_count + 1 WHERE arn = ?",
          mapRun.arn,
        );
        void db.write(
          'INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)',
          executionArn,
          last + 2,
          last + 1,
          redriveMs,
          'MapRunRedriven',
          JSON.stringify({ mapRunArn: mapRun.arn, redriveCount: mapRun.redrive_count + 1 }),
        );
      }
      await db.write(
        "UPDATE executions SET status = 'RUNNING', stop_ms = NULL, error = NULL, cause = NULL, redrive_count = ?, redrive_ms = ?, previous_event = ? WHERE arn = ?",
        redriveCount,
        redriveMs,
        last + (mapRun ? 2 : 1),
        executionArn,
      );
      runner.resume(
        maybeExecution(executionArn) as ExecutionRow,
        mapRun ? { ...mapRun, status: 'RUNNING', stop_ms: null, redrive_count: mapRun.redrive_count + 1 } : undefined,
      );
      return { redriveDate: redriveMs / 1000 };
    },
    ListMapRuns(input: unknown) {
      const { executionArn, maxResults, nextToken } = parse(requests.ListMapRuns, input);
      if (!maybeExecution(executionArn)) throw unknownExecution(executionArn);
      const from = offsetOf(nextToken);
      const rows = db.all<MapRunRow>(
        'SELECT * FROM map_runs WHERE execution = ? ORDER BY start_ms DESC LIMIT ? OFFSET ?',
        executionArn,
        maxResults + 1,
        from,
      );
      const mapRuns = rows.slice(0, maxResults).map((row) => ({
        executionArn,
        mapRunArn: row.arn,
        stateMachineArn: row.child_machine,
        startDate: row.start_ms / 1000,
        ...(row.stop_ms === null ? {} : { stopDate: row.stop_ms / 1000 }),
      }));
      return { mapRuns, ...tokenAfter(rows.length > maxResults, from + maxResults) };
    },
    DescribeMapRun(input: unknown) {
      const { row, live } = requireMapRun(parse(requests.mapRunArn, input).mapRunArn);
      return mapRunOf(row, countsOf(row, live, db));
    },
    async UpdateMapRun(input: unknown) {
      const { mapRunArn, maxConcurrency, toleratedFailureCount, toleratedFailurePercentage } = parse(
        requests.UpdateMapRun,
        input,
      );
      const { row, live } = requireMapRun(mapRunArn);
      if (maxConcurrency !== undefined) row.max_concurrency = maxConcurrency;
      if (toleratedFailureCount !== undefined) row.tolerated_count = toleratedFailureCount;
      if (toleratedFailurePercentage !== undefined) row.tolerated_percentage = toleratedFailurePercentage;
      await db.write(
        'UPDATE map_runs SET max_concurrency = ?, tolerated_count = ?, tolerated_percentage = ? WHERE arn = ?',
        row.max_concurrency,
        row.tolerated_count,
        row.tolerated_percentage,
        mapRunArn,
      );
      live?.nudge();
      return {};
    },
    ListTagsForResource: () => ({ tags: [] }),
  };

  return {
    actions,
    /** Goes on with every execution that was running when the runtime ended. */
    resume(): void {
      for (const row of db.all<ExecutionRow>("SELECT * FROM executions WHERE status = 'RUNNING'")) runner.resume(row);
    },
    async close(): Promise<void> {
      await runner.close();
      db.close();
    },
  };
}

const notSupported = (what: string) =>
  new AwsError('ValidationException', `not supported by the local runtime: ${what}`);

function refuseBad(definition: string): void {
  const errors = diagnose(definition).filter((each) => each.severity === 'ERROR');
  if (errors.length > 0)
    throw new AwsError(
      'InvalidDefinition',
      `Invalid State Machine Definition: '${errors.map((each) => `${each.code}: ${each.message} at ${each.location}`).join(', ')}'`,
    );
}

function runningChildren(live: LiveMapRun | undefined): { child: ChildRow; events: () => HistoryEvent[] }[] {
  return [...(live?.running ?? [])].map(([number, { name, startMs, input, items, events }]) => ({
    child: {
      map_run: live?.row.arn ?? '',
      number,
      name,
      status: 'RUNNING',
      items,
      start_ms: startMs,
      stop_ms: 0,
      input,
      output: null,
      error: null,
      cause: null,
    },
    events: () => events,
  }));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const tokenAfter = (more: boolean, offset: number) =>
  more ? { nextToken: Buffer.from(`offset:${offset}`).toString('base64url') } : {};

function offsetOf(token: string | undefined): number {
  if (token === undefined) return 0;
  const match = /^offset:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (!match) throw new AwsError('InvalidToken', `Invalid Token: '${token}'`);
  return Number(match[1]);
}
