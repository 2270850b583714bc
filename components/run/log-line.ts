import { readFailure } from '@/lib/domain/failure-cause.ts';

export type LineKind = 'error' | 'report' | 'platform' | 'plain';

/** What a log line is: Lambda's own START, END and REPORT lines, a sign of an error, or the function's words. */
export function lineKind(message: string): LineKind {
  if (/^REPORT RequestId:|"type":\s*"platform\.report"/.test(message)) return 'report';
  if (/^(START|END|INIT_START) /.test(message) || /"type":\s*"platform\./.test(message)) return 'platform';
  if (
    /Task timed out|Runtime\.\w*Error|Runtime exited|signal: killed|"level":\s*"(error|ERROR|fatal)"|errorType|\bERROR\b|\bError:/.test(
      message,
    )
  )
    return 'error';
  return 'plain';
}

/**
 * The line that Lambda prints of an error that was thrown, without the words that stand above the log already: its stack
 * is left, a line each. Any other line is as it was.
 */
export function withoutTold(message: string, told: string | null): string {
  const [, before, thrown] = /^(.*\bInvoke Error\s+)(\{.*\})\s*$/s.exec(message) ?? [];
  if (!told || before === undefined || thrown === undefined || readFailure(null, thrown).message !== told)
    return message;
  const { errorType, trace } = JSON.parse(thrown) as { errorType?: string; trace?: string[] };
  // The stack begins with the error in words, which may be several lines.
  const calls = (trace ?? []).filter((line) => /^\s+at /.test(line));
  return [`${before}${errorType ?? 'Error'}, as above`, ...calls].join('\n');
}
