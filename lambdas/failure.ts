/** What can go wrong in a run, as the name that Step Functions reports and retries by. */
export type FailureCode =
  | 'InvalidInput'
  | 'NoSuchBucket'
  | 'AccessDenied'
  | 'NoPartitions'
  | 'ModelMissing'
  | 'ModelChanged'
  | 'ModelInvalid'
  | 'OnnxRuntimeMissing'
  | 'ModelMismatch'
  | 'ScriptFailed'
  | 'ResultPathInUse'
  | 'UnknownMemorySize'
  | 'PartitionMissing'
  | 'PartitionChanged'
  | 'PartitionTruncated'
  | 'PartitionCorrupt'
  | 'PartitionEmpty'
  | 'PartitionTooLarge'
  | 'UnsupportedFormat'
  | 'TransientS3Error'
  | 'PlanMissing';

/** An expected failure of a run. Its name is the code: Lambda reports it as `errorType`, the state machine retries by it. */
export class Failure extends Error {
  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = code;
  }
}
