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
