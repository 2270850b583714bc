import { GetAccountSettingsCommand, GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { clients } from './clients.ts';
import { codeOf, inPlainWords } from './plain-words.ts';

/** What is deployed under a function's name. */
export interface DeployedFunction {
  arn: string;
  name: string;
  memoryMb: number;
  timeoutMs: number;
  /** Size of /tmp. */
  ephemeralMb: number;
  architecture: 'x86_64' | 'arm64';
  logGroup: string;
  /** Fingerprint of the deployed code. */
  codeSha256: string | null;
  environment: Record<string, string>;
}

/** undefined where no such function is deployed. */
export async function maybeDescribeFunction(nameOrArn: string): Promise<DeployedFunction | undefined> {
  try {
    const found = await inPlainWords(
      clients().lambda.send(new GetFunctionConfigurationCommand({ FunctionName: nameOrArn })),
      { name: nameOrArn },
    );
    const name = found.FunctionName ?? nameOrArn;
    return {
      arn: found.FunctionArn ?? nameOrArn,
      name,
      memoryMb: found.MemorySize ?? 128,
      timeoutMs: (found.Timeout ?? 3) * 1000,
      ephemeralMb: found.EphemeralStorage?.Size ?? 512,
      architecture: found.Architectures?.[0] === 'arm64' ? 'arm64' : 'x86_64',
      logGroup: found.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
      codeSha256: found.CodeSha256 ?? null,
      environment: found.Environment?.Variables ?? {},
    };
  } catch (error) {
    if (codeOf(error) === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

/** How many invocations run at once at most, of all functions of the account that have no share of their own. */
export async function concurrencyLimit(): Promise<number | undefined> {
  const { AccountLimit } = await inPlainWords(clients().lambda.send(new GetAccountSettingsCommand({})));
  return AccountLimit?.UnreservedConcurrentExecutions;
}
