import { setTimeout as delay } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { LocalRuntime } from './local-runtime.ts';

/** Starts one execution and waits for its end; throws if it did not succeed. */
export async function execute(
  runtime: LocalRuntime,
  stateMachineArn: string,
  input: unknown,
): Promise<{ wallMs: number; last: DescribeExecutionCommandOutput }> {
  const sfn = new SFNClient(runtime.client);
  const startedAt = performance.now();
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }));
  for (;;) {
    const last = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (last.status === 'SUCCEEDED') {
      const wallMs =
        last.stopDate && last.startDate
          ? last.stopDate.getTime() - last.startDate.getTime()
          : performance.now() - startedAt;
      return { wallMs, last };
    }
    if (last.status !== 'RUNNING') throw new Error(`${executionArn} ${last.status}: ${last.error} ${last.cause}`);
    await delay(200);
  }
}
