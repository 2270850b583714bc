/** How an invocation ended, without its log: its payload, and `Unhandled` where it is an error. */
export interface Answer {
  payload: string;
  functionError?: 'Unhandled';
}

/** What Lambda passes on of an error. */
export interface ReportedError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

/** Largest response, bytes: Lambda's synchronous limit. */
const MAX_RESPONSE_BYTES = 6 * 2 ** 20;

/** The answer to an invocation that failed. */
export const failed = (error: ReportedError): Answer => ({
  payload: JSON.stringify(error),
  functionError: 'Unhandled',
});

/** The error of a response that is larger than Lambda passes on; undefined where it is not. */
export function responseSizeError(body: string): ReportedError | undefined {
  const sizeBytes = Buffer.byteLength(body);
  if (sizeBytes <= MAX_RESPONSE_BYTES) return undefined;
  const errorMessage = `Response payload size (${sizeBytes} bytes) exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
  return { errorType: 'Function.ResponseSizeTooLarge', errorMessage };
}

/** An error as a runtime reports it; a foreign one may say `stackTrace`. */
export function parseError(body: string): ReportedError {
  try {
    const error = JSON.parse(body) as Partial<ReportedError> & { stackTrace?: string[] };
    const trace = error.trace ?? error.stackTrace;
    return {
      errorType: error.errorType ?? 'Error',
      errorMessage: error.errorMessage ?? '',
      ...(trace ? { trace } : {}),
    };
  } catch {
    return { errorType: 'Runtime.Unknown', errorMessage: body.slice(0, 1000) };
  }
}
