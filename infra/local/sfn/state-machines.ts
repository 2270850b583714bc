import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { arnsOf } from './arns.ts';
import type { Database } from './database.ts';
import { diagnose } from './definition.ts';
import { parse, requests } from './inputs.ts';
import { offsetOf, tokenAfter } from './paging.ts';
import type { MachineRow, Records } from './records.ts';

/** Errors of a definition that CreateStateMachine tells. */
const MAX_TOLD = 20;

/** What AWS allows in the name of a state machine or an execution. */
export const NAME = /^[0-9A-Za-z_.+!@()\-=']{1,80}$/;

/** The API's actions on state machines. */
export function stateMachineActions(db: Database, records: Records, arns: ReturnType<typeof arnsOf>) {
  const { requireMachine, requireExecution } = records;
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

  return {
    async CreateStateMachine(input: unknown) {
      const { name, definition, roleArn } = parse(requests.CreateStateMachine, input);
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
      const row = requireExecution(executionArn);
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
      const { definition, maxResults } = parse(requests.ValidateStateMachineDefinition, input);
      const diagnostics = diagnose(definition);
      return {
        result: diagnostics.some((each) => each.severity === 'ERROR') ? 'FAIL' : 'OK',
        diagnostics: diagnostics.slice(0, maxResults),
        truncated: diagnostics.length > maxResults,
      };
    },
    ListTagsForResource: () => ({ tags: [] }),
  };
}

function refuseBad(definition: string): void {
  const errors = diagnose(definition)
    .filter((each) => each.severity === 'ERROR')
    .slice(0, MAX_TOLD);
  if (errors.length > 0)
    throw new AwsError(
      'InvalidDefinition',
      `Invalid State Machine Definition: '${errors.map((each) => `${each.code}: ${each.message} at ${each.location}`).join(', ')}'`,
    );
}
