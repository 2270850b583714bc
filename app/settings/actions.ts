'use server';

import type { ActionResult } from '@/lib/domain/action-result.ts';
import type { AccountInput, AwsInput, StackChoice } from '@/lib/domain/connection-settings.ts';
import type { Right, RightResult } from '@/lib/domain/right.ts';
import * as connection from '@/lib/server/connection-settings.ts';

/** The deployments that the form's account has in the form's region. */
export async function findStacks(account: AccountInput): Promise<ActionResult<StackChoice[]>> {
  return connection.findStacksOf(account);
}

/** What has to be tested for the form's choice. */
export async function listRights(choice: AwsInput): Promise<ActionResult<Right[]>> {
  return connection.rightsFor(choice);
}

/** Tests one of them. */
export async function testRight(choice: AwsInput, id: string): Promise<RightResult> {
  return connection.testRightFor(choice, id);
}

/** From now on the form's deployment is used. */
export async function chooseAws(choice: AwsInput): Promise<ActionResult<null>> {
  return connection.chooseAws(choice);
}

/** From now on the local runtime is used. */
export async function chooseLocal(): Promise<ActionResult<null>> {
  return connection.chooseLocal();
}
