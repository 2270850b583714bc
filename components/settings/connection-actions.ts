import type { ActionResult } from '@/lib/domain/action-result.ts';
import type { AccountInput, AwsInput, StackChoice } from '@/lib/domain/connection-settings.ts';
import type { Right, RightResult } from '@/lib/domain/right.ts';

/** What the connection form asks of the server. */
export interface ConnectionActions {
  findStacks: (account: AccountInput) => Promise<ActionResult<StackChoice[]>>;
  listRights: (choice: AwsInput) => Promise<ActionResult<Right[]>>;
  testRight: (choice: AwsInput, id: string) => Promise<RightResult>;
  chooseAws: (choice: AwsInput) => Promise<ActionResult<null>>;
  chooseLocal: () => Promise<ActionResult<null>>;
}
