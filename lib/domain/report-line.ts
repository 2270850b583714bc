/** What Lambda reports at the end of an invocation. Values it did not print are null. */
export interface InvocationReport {
  requestId: string;
  durationMs: number | null;
  billedMs: number | null;
  /** Configured: this is what Lambda bills. */
  memorySizeMb: number | null;
  maxMemoryUsedMb: number | null;
  /** Only on a cold start. */
  initMs: number | null;
  status: 'success' | 'error' | 'timeout';
  errorType: string | null;
}

/**
 * Reads one log message: the text format (`REPORT RequestId: …`, fields by label in any order, tabs or blanks) and the
 * JSON format (`platform.report`). Knows both spellings of a timeout.
 * @returns undefined for any other message; several lines (X-Ray appends one) are fine.
 */
export function parseReport(message: string): InvocationReport | undefined {
  const text = message.trim();
  return text.startsWith('{') ? parseJson(text) : parseText(text);
}

/** The reports in a piece of log, such as a `LogResult` tail, in its order. A cut first line does no harm. */
export function findReports(log: string): InvocationReport[] {
  const reports = log.split('\n').flatMap((line) => parseReport(line) ?? []);
  const timedOut = new Set([...log.matchAll(TIMED_OUT)].map((match) => match[1]));
  return reports.map((report) =>
    timedOut.has(report.requestId)
      ? { ...report, status: 'timeout', errorType: report.errorType ?? 'Sandbox.Timedout' }
      : report,
  );
}

/** `2024-11-17T02:40:43.741Z 95b3… Task timed out after 3.00 seconds`, also as `RequestId: 95b3… Error: Task timed out …`. */
const TIMED_OUT = /([0-9a-f]{8}-[0-9a-f-]{27})\s+(?:Error:\s*)?Task timed out after [\d.]+ seconds/gi;

function parseText(text: string): InvocationReport | undefined {
  const requestId = /\bREPORT\s+RequestId:\s*([0-9a-f-]{8,})/i.exec(text)?.[1];
  if (!requestId) return undefined;
  // `Duration:` also ends `Billed Duration:` and `Init Duration:`; a label begins after a tab, two blanks or the id.
  const field = (label: string, unit: string) =>
    numberAfter(text, new RegExp(`(?:\\s|^)${label}:\\s*([\\d.]+)\\s*${unit}`, 'i'));
  const plain = /(?<!Billed|Init|Restore)\s+Duration:\s*([\d.]+)\s*ms/i;
  const word = /(?:\s|^)Status:\s*(\w+)/i.exec(text)?.[1]?.toLowerCase();
  return {
    requestId,
    durationMs: numberAfter(text, plain),
    billedMs: field('Billed Duration', 'ms'),
    memorySizeMb: field('Memory Size', 'MB'),
    maxMemoryUsedMb: field('Max Memory Used', 'MB'),
    initMs: field('Init Duration', 'ms'),
    status: toStatus(word),
    errorType: /Error Type:\s*(\S+)/i.exec(text)?.[1] ?? null,
  };
}

function parseJson(text: string): InvocationReport | undefined {
  const event = tryParse(text);
  if (event?.type !== 'platform.report' || !event.record?.requestId) return undefined;
  const { requestId, metrics = {}, status, errorType } = event.record;
  return {
    requestId,
    durationMs: metrics.durationMs ?? null,
    billedMs: metrics.billedDurationMs ?? null,
    memorySizeMb: metrics.memorySizeMB ?? null,
    maxMemoryUsedMb: metrics.maxMemoryUsedMB ?? null,
    initMs: metrics.initDurationMs ?? null,
    status: toStatus(status),
    errorType: errorType ?? null,
  };
}

interface PlatformReport {
  type?: string;
  record?: {
    requestId?: string;
    status?: string;
    errorType?: string;
    metrics?: Partial<
      Record<'durationMs' | 'billedDurationMs' | 'memorySizeMB' | 'maxMemoryUsedMB' | 'initDurationMs', number>
    >;
  };
}

function tryParse(text: string): PlatformReport | undefined {
  try {
    return JSON.parse(text) as PlatformReport;
  } catch {
    return undefined;
  }
}

function toStatus(word: string | undefined): InvocationReport['status'] {
  if (word === 'timeout') return 'timeout';
  return word === undefined || word === 'success' ? 'success' : 'error';
}

function numberAfter(text: string, pattern: RegExp): number | null {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}
