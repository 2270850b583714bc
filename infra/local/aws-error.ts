/**
 * A fault as AWS reports it: the code is data (`NoSuchKey`, `ExecutionDoesNotExist` …), the status is HTTP's.
 * The router turns it into the error shape of the protocol it came in by.
 */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
  }
}
