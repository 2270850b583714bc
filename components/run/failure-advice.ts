import { isOfSeveral } from '@/lib/domain/failure-cause.ts';

/** What to do about a failure, by the name that the run reports; null where only the detail can tell. */
export function failureAdvice(error: string, message: string): string | null {
  // Each of the items that it lists has an advice of its own.
  if (isOfSeveral(error)) return ADVICE[error] ?? null;
  if (/out of memory/i.test(message)) return ADVICE['Runtime.OutOfMemory'] ?? null;
  if (/signal: killed/.test(message)) return KILLED;
  if (/Task timed out|did not finish within/i.test(message)) return ADVICE['Sandbox.Timedout'] ?? null;
  return ADVICE[error] ?? null;
}

const KILLED =
  'Launch again; more memory for the function does not help. If the same files fail again, the model or its script crashes on them. On this machine, another program may have ended the process, or the system because all memory of the machine was in use: then lower the concurrency.';

const ADVICE: Record<string, string> = {
  InvalidInput: 'Correct the named field and launch again.',
  NoSuchBucket: 'Check the name of the bucket, or create it, and launch again.',
  AccessDenied: 'Give the role of the functions the missing right on this bucket and prefix, and launch again.',
  NoPartitions: 'Check the bucket and prefix of the dataset under Data & models; it must hold partition files.',
  ModelMissing: 'Check the model’s prefix under Data & models, or upload the missing file.',
  ModelInvalid: 'Export the model to ONNX again or correct its model.json, then launch again.',
  OnnxRuntimeMissing:
    'The functions are not installed whole: deploy the stack again (on this machine: run npm ci), then launch again.',
  ModelMismatch: 'Choose a model made for this dataset, or correct the inputs in its model.json.',
  ModelChanged: 'Launch again: the run then uses the package as it is now.',
  ScriptFailed: 'Correct the script of the model package; starmap model check runs it on one partition.',
  ResultPathInUse: 'Launch again: every new run gets a result path of its own.',
  UnknownMemorySize: 'Choose one of the memory sizes that are deployed; Settings lists them.',
  PartitionMissing:
    'The file was deleted after the run had listed it. Put it back or launch again on the files that are there.',
  PartitionChanged:
    'The file was replaced while the run was going on. Launch again when nothing writes to the dataset.',
  PartitionTruncated: 'Upload the named files again in full; the results of the other partitions are kept.',
  PartitionCorrupt: 'Make or upload the named files again; the results of the other partitions are kept.',
  PartitionEmpty: 'Take the empty files out of the dataset, or tolerate a share of failures when launching.',
  PartitionTooLarge: 'Make smaller partitions, or give the functions more ephemeral storage, and launch again.',
  UnsupportedFormat:
    'Convert the files to safetensors, or to another of the formats that are read: npy, npz, pt, Parquet, CSV, HDF5, FITS.',
  TransientS3Error: 'S3 did not answer after several tries. Launch again; nothing has to be changed.',
  'Runtime.OutOfMemory': 'Launch again with more memory, a smaller batch size or smaller partitions.',
  'Sandbox.Timedout': 'Launch again with smaller partitions or more memory: a function has 15 minutes at most.',
  'States.Timeout': 'Launch again with smaller partitions or more concurrency.',
  'Lambda.TooManyRequestsException': 'Lower the concurrency of the run, or ask AWS for a higher Lambda quota.',
  'Lambda.ResourceNotFoundException': 'A function is not deployed: deploy the stack again and check Settings.',
  PartitionsFailed:
    'Look at the failed partitions below; launch again when their cause is gone, or tolerate more failures.',
  'States.ExceedToleratedFailureThreshold':
    'Look at the failed partitions below; launch again when their cause is gone, or tolerate more failures.',
};
