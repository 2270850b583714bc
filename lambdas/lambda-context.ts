/** The parts of Lambda's context object that the functions use. */
export interface LambdaContext {
  awsRequestId: string;
  logGroupName: string;
  logStreamName: string;
  memoryLimitInMB: string;
  getRemainingTimeInMillis(): number;
}
