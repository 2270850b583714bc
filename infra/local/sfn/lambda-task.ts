import type { TaskCall } from '../asl/effects.ts';
import { type Json, type JsonObject, StatesError } from '../asl/types.ts';
import { AwsError } from '../aws-error.ts';
import { failureOf } from './history.ts';

/** What the service needs of Lambda. */
export interface LambdaInvoker {
  invoke(
    nameOrArn: string,
    payload: string,
    options?: { logTail?: boolean; signal?: AbortSignal },
  ): Promise<{
    statusCode: number;
    executedVersion: string;
    functionError?: string;
    logTailBase64?: string;
    payload: string;
    requestId: string;
  }>;
}

const INVOKE = 'arn:aws:states:::lambda:invoke';
/** Largest input or output of a state, bytes of UTF-8. */
export const MAX_STATE_BYTES = 262_144;
/** Error types with which Lambda itself reports that the function's process ended; Step Functions calls them Lambda.Unknown. */
const LAMBDA_UNKNOWN = ['Runtime.ExitError', 'Runtime.OutOfMemory'];

/** True for the resources that `runLambdaTask` can run: the optimized integration and the bare function ARN. */
export const isLambdaResource = (resource: string) => resource === INVOKE || resource.startsWith('arn:aws:lambda:');

/** Runs a Lambda task with the history events of its integration. @throws StatesError as Step Functions names it. */
export async function runLambdaTask(call: TaskCall, lambda: LambdaInvoker, region: string): Promise<Json> {
  return call.resource === INVOKE ? optimized(call, lambda, region) : bareArn(call, lambda);
}

async function optimized(
  { parameters, timeoutSeconds, history, signal }: TaskCall,
  lambda: LambdaInvoker,
  region: string,
): Promise<Json> {
  const common = { resourceType: 'lambda', resource: 'invoke' };
  const { FunctionName, Payload, LogType } = parameters as { FunctionName?: string; Payload?: Json; LogType?: string };
  if (typeof FunctionName !== 'string')
    throw new StatesError('States.Runtime', 'The lambda:invoke task has no FunctionName');
  history.add('TaskScheduled', {
    ...common,
    region,
    parameters: JSON.stringify(parameters),
    ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
  });
  history.add('TaskStarted', common);
  try {
    const result = await invoke(
      lambda,
      FunctionName,
      Payload === undefined ? '{}' : JSON.stringify(Payload),
      LogType === 'Tail',
      signal,
    );
    const length = String(Buffer.byteLength(result.payload));
    const headers = {
      'Content-Length': length,
      'Content-Type': 'application/json',
      'X-Amz-Executed-Version': result.executedVersion,
      'x-amzn-RequestId': result.requestId,
    };
    const output: JsonObject = {
      ExecutedVersion: result.executedVersion,
      ...(result.logTailBase64 === undefined ? {} : { LogResult: result.logTailBase64 }),
      Payload: JSON.parse(result.payload) as Json,
      SdkHttpMetadata: {
        AllHttpHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
        HttpHeaders: headers,
        HttpStatusCode: result.statusCode,
      },
      SdkResponseMetadata: { RequestId: result.requestId },
      StatusCode: result.statusCode,
    };
    const text = limited(JSON.stringify(output), 'lambda');
    history.add('TaskSucceeded', { ...common, output: text, outputDetails: { truncated: false } });
    return output;
  } catch (error) {
    if (error instanceof StatesError)
      history.add(error.error === 'States.Timeout' ? 'TaskTimedOut' : 'TaskFailed', { ...common, ...failureOf(error) });
    throw error;
  }
}

async function bareArn(
  { resource, parameters, timeoutSeconds, history, signal }: TaskCall,
  lambda: LambdaInvoker,
): Promise<Json> {
  history.add('LambdaFunctionScheduled', {
    resource,
    input: JSON.stringify(parameters),
    inputDetails: { truncated: false },
    ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
  });
  history.add('LambdaFunctionStarted');
  try {
    const { payload } = await invoke(lambda, resource, JSON.stringify(parameters), false, signal);
    history.add('LambdaFunctionSucceeded', { output: limited(payload, resource), outputDetails: { truncated: false } });
    return JSON.parse(payload) as Json;
  } catch (error) {
    if (error instanceof StatesError)
      history.add(
        error.error === 'States.Timeout' ? 'LambdaFunctionTimedOut' : 'LambdaFunctionFailed',
        failureOf(error),
      );
    throw error;
  }
}

async function invoke(
  lambda: LambdaInvoker,
  name: string,
  payload: string,
  logTail: boolean,
  signal: AbortSignal | undefined,
) {
  try {
    const result = await lambda.invoke(name, payload, { logTail, ...(signal ? { signal } : {}) });
    if (result.functionError === undefined) return result;
    const { errorType } = JSON.parse(result.payload) as { errorType?: string };
    const error = errorType ?? 'Lambda.Unknown';
    throw new StatesError(LAMBDA_UNKNOWN.includes(error) ? 'Lambda.Unknown' : error, result.payload);
  } catch (error) {
    if (error instanceof AwsError)
      throw new StatesError(`Lambda.${error.code}`, `${error.message} (Service: Lambda, Status Code: ${error.status})`);
    throw error;
  }
}

function limited(text: string, task: string): string {
  if (Buffer.byteLength(text) > MAX_STATE_BYTES) {
    throw new StatesError(
      'States.DataLimitExceeded',
      `The state/task '${task}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
  }
  return text;
}
