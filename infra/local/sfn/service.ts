import { arnsOf } from './arns.ts';
import { openDatabase } from './database.ts';
import { executionActions } from './execution-actions.ts';
import { createRunner, type ExecutionRow } from './executions.ts';
import type { Objects } from './item-reader.ts';
import type { LambdaInvoker } from './lambda-task.ts';
import { mapRunActions } from './map-run-actions.ts';
import { refuseUnsupported } from './not-supported.ts';
import { openRecords } from './records.ts';
import { redriveAction } from './redrive.ts';
import { stateMachineActions } from './state-machines.ts';

export interface StepFunctionsOptions {
  dir: string;
  lambda: LambdaInvoker;
  objects: Objects;
  accountId: string;
  region: string;
  /** Children with Lambda tasks kept in flight where a Map sets no MaxConcurrency. */
  lambdaChildren?: number;
}

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
  const records = openRecords(db, runner.live);
  const actions = {
    ...stateMachineActions(db, records, arns),
    ...executionActions(db, records, runner, arns),
    ...redriveAction(db, records, runner),
    ...mapRunActions(db, records),
  };

  return {
    actions: refusing(actions),
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

type Action = (input: Record<string, unknown>) => unknown;

/** Each action, once what it is asked for is known to be there. */
function refusing(actions: Record<string, Action>): Record<string, Action> {
  const checked =
    (name: string, action: Action): Action =>
    (input) => {
      refuseUnsupported(name, input);
      return action(input);
    };
  return Object.fromEntries(Object.entries(actions).map(([name, action]) => [name, checked(name, action)]));
}
