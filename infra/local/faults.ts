import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { AwsError } from './aws-error.ts';

/**
 * Faults to inject, for tests and demonstrations, from the variable STARMAP_FAULTS (JSON):
 * `{"s3": {"delayMs": 50, "errorRate": 0.1}, "throttle": {"DescribeExecution": 0.5}, "lambda": {"crashRate": 0.1}}`.
 */
const rate = z.number().min(0).max(1).default(0);
const schema = z.strictObject({
  s3: z.strictObject({ delayMs: z.number().min(0).default(0), errorRate: rate }).optional(),
  /** API action → share of calls refused with ThrottlingException. */
  throttle: z.record(z.string(), z.number().min(0).max(1)).default({}),
  /** Share of invocations whose process is killed, stops answering until its timeout, or counts as out of memory. */
  lambda: z.strictObject({ crashRate: rate, hangRate: rate, oomRate: rate }).optional(),
});
export type Faults = z.infer<typeof schema>;

/** Reads the switch; throws with what is wrong in it. */
export function parseFaults(text: string | undefined): Faults {
  if (!text) return { throttle: {} };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`STARMAP_FAULTS is not JSON: ${(error as Error).message}`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new Error(
      `STARMAP_FAULTS: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
    );
  return parsed.data;
}

/** Slows an S3 request down or fails it, as the switch says. */
export async function disturbS3({ s3 }: Faults, random: () => number): Promise<void> {
  if (!s3) return;
  if (s3.delayMs > 0) await delay(s3.delayMs);
  if (random() < s3.errorRate)
    throw new AwsError('InternalError', 'We encountered an internal error. Please try again. (injected)', 500);
}

export type InvocationFault = 'crash' | 'hang' | 'oom';

/** What is to go wrong with an invocation; nothing as a rule. */
export function invocationFault({ lambda }: Faults, random: () => number): InvocationFault | undefined {
  if (!lambda) return undefined;
  const at = random();
  if (at < lambda.crashRate) return 'crash';
  if (at < lambda.crashRate + lambda.hangRate) return 'hang';
  return at < lambda.crashRate + lambda.hangRate + lambda.oomRate ? 'oom' : undefined;
}

/** Refuses an API call as a throttled account would. */
export function throttle({ throttle: rates }: Faults, action: string, random: () => number): void {
  if (random() < (rates[action] ?? 0)) throw new AwsError('ThrottlingException', 'Rate exceeded (injected)', 400);
}
