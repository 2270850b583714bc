import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { env } from '../env.ts';

/** Before 5.2.5 its Step Functions start one execution only, and find no function that CloudFormation made. */
const FITS = 'import moto.server, werkzeug; assert [*map(int, moto.__version__.split(".")[:3])] >= [5, 2, 5]';
/** A Python with `pip install 'moto[server]'`: named by MOTO_PYTHON, that of the benchmarks, or the system's. */
const pythons = [env().motoPython, 'dist/bench-peers/moto/bin/python', 'python3'];
const python = pythons.find((each) => each && spawnSync(each, ['-c', FITS]).status === 0);

/** Why the tests against moto are left out; null where they run. */
export const motoAbsent = python
  ? null
  : "no moto 5.2.5 or newer is installed: pip install 'moto[server]>=5.2.5' and name that Python by MOTO_PYTHON";

export const MOTO_REGION = 'us-east-1';
export const MOTO_KEYS = { accessKeyId: 'AKIAMOTOEXAMPLE', secretAccessKey: 'moto-secret-6f1c90d27b' };

export interface Moto {
  endpoint: string;
  /** Settings for any SDK client. */
  client: { endpoint: string; region: string; credentials: typeof MOTO_KEYS };
  /** What the functions answer, in the order of their calls: moto runs none without Docker. */
  answer(payloads: unknown[]): Promise<void>;
  /** From now on it knows the keys that it gave out, checks signatures and what the policies allow. */
  checkRights(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts moto, an implementation of AWS's API that shares no code with Starmap, on a port of its own. It checks rights
 * only once told to. Its Step Functions execute the definition; a Lambda invocation takes the next of the answers given.
 */
export async function startMoto(): Promise<Moto> {
  // Not 0 for any: its Step Functions call its Lambda at the port that it was told.
  const port = String(await freePort());
  const server = spawn(python ?? '', ['-m', 'moto.server', '-H', '127.0.0.1', '-p', port], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const endpoint = await new Promise<string>((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`moto ended with ${code}`)));
    createInterface({ input: server.stderr }).on('line', (line) => {
      const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (found) resolve(found);
    });
  });
  const post = async (path: string, body: unknown) => {
    const response = await fetch(endpoint + path, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`moto refused ${path}: ${response.status}`);
  };
  await post('/moto-api/config', { stepfunctions: { execute_state_machine: true }, lambda: { use_docker: false } });
  return {
    endpoint,
    client: { endpoint, region: MOTO_REGION, credentials: MOTO_KEYS },
    answer: (payloads) =>
      post('/moto-api/static/lambda-simple/response', { results: payloads.map((each) => JSON.stringify(each)) }),
    // The number of calls that are still let through.
    checkRights: () => post('/moto-api/reset-auth', 0),
    async stop() {
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The deployed definition, as the CDK stack substitutes its functions. */
export function deployedDefinition(functions: { initialize: string; summarize: string }): string {
  return readFileSync('infra/state-machine.asl.json', 'utf8')
    .replaceAll(/\$\{InitializeFunctionArn\}/g, functions.initialize)
    .replaceAll(/\$\{SummarizeFunctionArn\}/g, functions.summarize);
}

const PARTS = ['initialize', 'inference-2048', 'summarize'];

/**
 * Makes a stack with the resources and outputs of `infra/cdk` in moto. The state machine is made beside it: moto does
 * not execute one that CloudFormation made.
 * @returns the outputs.
 */
export async function deployToMoto({ client }: Moto, stack: string): Promise<Record<string, string>> {
  const cloudFormation = new CloudFormationClient(client);
  const TemplateBody = JSON.stringify(template(stack));
  await cloudFormation.send(new CreateStackCommand({ StackName: stack, TemplateBody }));
  const lambda = new LambdaClient(client);
  const arnOf = async (part: string) =>
    String((await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: `${stack}-${part}` }))).FunctionArn);
  const definition = deployedDefinition({ initialize: await arnOf('initialize'), summarize: await arnOf('summarize') });
  const roleArn = 'arn:aws:iam::123456789012:role/starmap';
  await new SFNClient(client).send(new CreateStateMachineCommand({ name: stack, definition, roleArn }));
  const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stack }));
  return Object.fromEntries(
    (Stacks?.[0]?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
  ) as Record<string, string>;
}

function template(stack: string) {
  const logical = (part: string) => part.replaceAll(/[^a-z0-9]/g, '');
  const functions = PARTS.map((part) => [
    logical(part),
    {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: `${stack}-${part}`,
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        MemorySize: 2048,
        Timeout: 900,
        Role: { 'Fn::GetAtt': ['role', 'Arn'] },
        Code: { ZipFile: 'exports.handler = async (event) => event;' },
      },
    },
  ]);
  const groups = PARTS.map((part) => [
    `log${logical(part)}`,
    { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: `/aws/lambda/${stack}-${part}` } },
  ]);
  const arn = (service: string, name: string) => `arn:aws:${service}:${MOTO_REGION}:123456789012:${name}`;
  const functionArn = (part: string) => arn('lambda', `function:${stack}-${part}`);
  const value = (Value: string) => ({ Value });
  return {
    Resources: {
      bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: `${stack.toLowerCase()}-data` } },
      role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
          },
        },
      },
      ...Object.fromEntries([...functions, ...groups]),
    },
    Outputs: {
      Bucket: { Value: { Ref: 'bucket' } },
      StateMachineArn: value(arn('states', `stateMachine:${stack}`)),
      InitializeFunctionArn: value(functionArn('initialize')),
      SummarizeFunctionArn: value(functionArn('summarize')),
      InferenceFunctionArns: value(JSON.stringify({ 2048: functionArn('inference-2048') })),
      LogGroups: value(JSON.stringify(Object.fromEntries(PARTS.map((part) => [part, `/aws/lambda/${stack}-${part}`])))),
      DefaultMemoryMb: value('2048'),
      DashboardPolicyArn: value('arn:aws:iam::123456789012:policy/dashboard'),
      ReadOnlyPolicyArn: value('arn:aws:iam::123456789012:policy/read-only'),
    },
  };
}
