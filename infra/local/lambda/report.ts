/** What the REPORT line of an invocation says. */
export interface Report {
  requestId: string;
  durationMs: number;
  memorySizeMb: number;
  maxMemoryUsedMb: number;
  /** Only of a cold start. */
  initMs?: number;
  status?: 'timeout' | 'error';
  errorType?: string;
}

/** Lambda bills whole milliseconds, and the init of a cold start with them. */
export const billedMs = ({ durationMs, initMs = 0 }: Pick<Report, 'durationMs' | 'initMs'>) =>
  Math.max(1, Math.ceil(durationMs + initMs));

/** The REPORT line as Lambda writes it: fields separated by tabs, a tab at the end. */
export function reportLine(report: Report): string {
  const fields = [
    `REPORT RequestId: ${report.requestId}`,
    `Duration: ${report.durationMs.toFixed(2)} ms`,
    `Billed Duration: ${billedMs(report)} ms`,
    `Memory Size: ${report.memorySizeMb} MB`,
    `Max Memory Used: ${report.maxMemoryUsedMb} MB`,
    ...(report.initMs === undefined ? [] : [`Init Duration: ${report.initMs.toFixed(2)} ms`]),
    ...(report.status ? [`Status: ${report.status}`] : []),
    ...(report.errorType ? [`Error Type: ${report.errorType}`] : []),
  ];
  return `${fields.join('\t')}\t`;
}
