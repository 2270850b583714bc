import * as z from 'zod';
import { formatCount } from './format.ts';
import type { InvocationReport } from './report-line.ts';

/** Why a task, map or execution failed, for people. */
export interface FailureCause {
  /** Error name, such as `PartitionCorrupt` or `States.Timeout`. */
  error: string;
  /** A sentence. */
  message: string;
  /** Of the invocation, where the cause tells it. */
  requestId: string | null;
}

const lambdaError = z.looseObject({
  errorType: z.string().optional(),
  errorMessage: z.string(),
  requestId: z.string().optional(),
});

/**
 * Makes a sentence of what Step Functions gives as `error` and `cause`: the cause of a thrown Lambda error is a JSON
 * text, a runtime exit carries the request id in front, others are plain.
 */
export function readFailure(error: string | null | undefined, cause: string | null | undefined): FailureCause {
  const told = parseLambdaError(cause ?? '');
  const message = (told?.errorMessage ?? cause ?? '').trim();
  const name = told?.errorType && told.errorType !== 'Error' ? told.errorType : (error ?? told?.errorType ?? 'Error');
  return {
    error: name,
    message: sentence(name, withoutRequestId(message)),
    requestId: told?.requestId ?? REQUEST_ID.exec(message)?.[1] ?? null,
  };
}

/** A failure as it was stored: its cause is a sentence already, which reading it again would wrap once more. */
export const storedFailure = ({ error, cause }: { error: string | null; cause: string | null }) => ({
  error: error ?? 'Error',
  message: cause || error || 'Error',
});

/** Lambda words the end of a process that took too much memory like that of one that something else killed. */
const KILLED = "The function's process was killed, most often because it ran out of memory";
const outOfMemory = (how: string) => `The function ran out of memory (${how}). ${MORE_MEMORY}`;
const MORE_MEMORY = 'Use more memory or smaller partitions.';

/** Share of the configured memory below which nothing was killed for taking too much of it. */
const MEMORY_TO_SPARE = 0.8;

/** The sentence of `readFailure`, made certain where the REPORT line knows why a process was killed. */
export function correctedByReport(sentence: string, report: InvocationReport): string {
  const killed = sentence.startsWith(KILLED) ? /\((.*signal: killed)\)/.exec(sentence)?.[1] : undefined;
  const { maxMemoryUsedMb: used, memorySizeMb: size, errorType } = report;
  if (killed === undefined) return sentence;
  if (errorType === 'Runtime.OutOfMemory') return outOfMemory(killed);
  if (used === null || size === null) return sentence;
  return used < size * MEMORY_TO_SPARE
    ? `The function's process was killed or crashed (${killed}). It had used ${formatCount(used)} of ${formatCount(size)} MB, so it was not for want of memory.`
    : outOfMemory(killed);
}

const REQUEST_ID = /RequestId:\s*([0-9a-f]{8}-[0-9a-f-]{27})/i;

function parseLambdaError(text: string): z.infer<typeof lambdaError> | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return lambdaError.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const withoutRequestId = (message: string) =>
  message
    .replace(/^(?:\S+Z\s+)?RequestId:\s*[0-9a-f-]+\s*(?:Error:\s*)?/i, '')
    .replace(/^[0-9a-f]{8}-[0-9a-f-]{27}\s+/i, '');

/** Whether it is the failure of the map or the workflow, whose cause may list what befell several items. */
export const isOfSeveral = (error: string) => error === 'PartitionsFailed' || error.startsWith('States.');

/** AWS's terse wordings, said so that one knows what to do. */
function sentence(error: string, message: string): string {
  if (isOfSeveral(error)) return message || UNEXPLAINED[error] || error;
  const seconds = /Task timed out after ([\d.]+) seconds/.exec(message)?.[1];
  if (seconds !== undefined)
    return `The function did not finish within its ${Number(seconds)} s. Use smaller partitions or more memory.`;
  if (error === 'Runtime.OutOfMemory' || /out of memory/i.test(message)) return outOfMemory(message || error);
  if (/signal: killed/.test(message)) return `${KILLED} (${message}). ${MORE_MEMORY}`;
  if (error === 'Runtime.ExitError') return `The function's process ended without an answer (${message}).`;
  if (error === 'Lambda.TooManyRequestsException')
    return `Lambda had no free capacity (${message || 'throttled'}). Lower the concurrency of the run or raise the account's limit.`;
  return message || error;
}

const UNEXPLAINED: Record<string, string> = {
  'States.ExceedToleratedFailureThreshold': 'More partitions failed than the run tolerates.',
  'States.Timeout': 'It did not end within the time that the workflow allows.',
};
