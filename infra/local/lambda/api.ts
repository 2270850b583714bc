import { createHash } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { FunctionConfig, LambdaService } from './service.ts';

interface Request {
  method: string;
  path: string;
  headers: Record<string, string | undefined>;
  body: string;
}
interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Lambda's REST API, as far as the dashboard, the SDK's Invoke and the `aws` CLI need it. */
export async function handleLambdaRequest(
  { method, path, headers, body }: Request,
  lambda: LambdaService,
): Promise<Answer> {
  const [, , resource, name, action] = path.split('/');
  if (resource === 'account-settings' && method === 'GET')
    return json({
      AccountLimit: { ConcurrentExecutions: lambda.concurrency, UnreservedConcurrentExecutions: lambda.concurrency },
    });
  if (resource !== 'functions')
    throw new AwsError('ResourceNotFoundException', `not supported by the local runtime: ${method} ${path}`, 404);
  if (name === undefined || name === '') return json({ Functions: lambda.listFunctions().map(configuration) });
  if (action === 'invocations' && method === 'POST') return invoke(name, headers, body, lambda);
  if (action === undefined && method === 'GET')
    return json({ Configuration: configuration(lambda.getFunction(name)), Code: { RepositoryType: 'local' } });
  if (action === 'configuration' && method === 'GET') return json(configuration(lambda.getFunction(name)));
  throw new AwsError('ResourceNotFoundException', `not supported by the local runtime: ${method} ${path}`, 404);
}

async function invoke(name: string, headers: Request['headers'], body: string, lambda: LambdaService): Promise<Answer> {
  lambda.getFunction(name);
  const payload = body === '' ? '{}' : body;
  try {
    JSON.parse(payload);
  } catch (error) {
    throw new AwsError(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${(error as Error).message}`,
    );
  }
  const type = headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type === 'DryRun') return { status: 204, headers: {}, body: '' };
  if (type === 'Event') {
    // The caller does not wait, as it does not on AWS; the log has what came of it.
    void lambda.invoke(name, payload).catch((error: unknown) => console.error(error));
    return { status: 202, headers: {}, body: '' };
  }
  const result = await lambda.invoke(name, payload, { logTail: headers['x-amz-log-type'] === 'Tail' });
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-amz-executed-version': result.executedVersion,
      ...(result.functionError ? { 'x-amz-function-error': result.functionError } : {}),
      ...(result.logTailBase64 ? { 'x-amz-log-result': result.logTailBase64 } : {}),
    },
    body: result.payload,
  };
}

function configuration(config: FunctionConfig) {
  return {
    FunctionName: config.name,
    FunctionArn: config.arn,
    Runtime: 'nodejs24.x',
    Handler: config.handler,
    MemorySize: config.memoryMb,
    Timeout: Math.ceil(config.timeoutMs / 1000),
    PackageType: 'Zip',
    Architectures: [process.arch === 'arm64' ? 'arm64' : 'x86_64'],
    EphemeralStorage: { Size: 512 },
    State: 'Active',
    LastUpdateStatus: 'Successful',
    Version: '$LATEST',
    CodeSha256: createHash('sha256').update(config.bundleDir).digest('base64'),
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${config.name}` },
  };
}

const json = (value: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});
