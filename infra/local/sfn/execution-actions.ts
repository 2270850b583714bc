import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { arnsOf } from './arns.ts';
import { listChildren } from './child-list.ts';
import type { Database } from './database.ts';
import type { ExecutionRow, Runner } from './executions.ts';
import { type HistoryEvent, toWire } from './history.ts';
import { parse, requests } from './inputs.ts';
import { MAX_STATE_BYTES } from './lambda-task.ts';
import { notSupported } from './not-supported.ts';
import { offsetOf, tokenAfter } from './paging.ts';
import { type Records, unknownExecution } from './records.ts';
import { NAME } from './state-machines.ts';
import { childOf, executionOf, listItem } from './wire.ts';

/** The API's actions on executions, those of a map run's children included. */
export function executionActions(db: Database, records: Records, runner: Runner, arns: ReturnType<typeof arnsOf>) {
  const { requireMachine, requireMapRun, maybeExecution, requireExecution, maybeChild } = records;
  return {
    async StartExecution(input: unknown) {
      const { stateMachineArn, name = randomUUID(), input: text = '{}' } = parse(requests.StartExecution, input);
      const machine = requireMachine(stateMachineArn);
      if (!NAME.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
      if (Buffer.byteLength(text) > MAX_STATE_BYTES)
        throw new AwsError('InvalidExecutionInput', `The input exceeds ${MAX_STATE_BYTES} bytes`);
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
      const { stateMachineArn, mapRunArn, statusFilter, redriveFilter, maxResults, nextToken } = parse(
        requests.ListExecutions,
        input,
      );
      if ((stateMachineArn === undefined) === (mapRunArn === undefined))
        throw new AwsError('ValidationException', 'Give either stateMachineArn or mapRunArn');
      const from = offsetOf(nextToken);
      if (mapRunArn !== undefined) {
        const mapRun = requireMapRun(mapRunArn);
        const filter = { status: statusFilter, redrive: redriveFilter };
        const rows = listChildren(db, mapRun, filter, from, maxResults + 1);
        return {
          executions: rows.slice(0, maxResults).map((child) => listItem(child, mapRun.row)),
          ...tokenAfter(rows.length > maxResults, from + maxResults),
        };
      }
      requireMachine(stateMachineArn as string);
      const redriven =
        redriveFilter === undefined ? '' : `AND redrive_count ${redriveFilter === 'REDRIVEN' ? '>' : '='} 0`;
      const rows = db.all<ExecutionRow>(
        `SELECT * FROM executions WHERE machine = ? ${statusFilter ? 'AND status = ?' : ''} ${redriven} ORDER BY start_ms DESC, arn LIMIT ? OFFSET ?`,
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
      if (maybeChild(executionArn))
        throw notSupported('to stop one child of a map run; stop the execution, or let it fail');
      requireExecution(executionArn);
      await runner.stop(executionArn, error, cause);
      return { stopDate: (maybeExecution(executionArn)?.stop_ms ?? Date.now()) / 1000 };
    },
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
