import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { expect } from 'vitest';
import { startRuntimeProcess } from '../runtime.fixture.ts';

export type StepFunctionsUnderTest = Awaited<ReturnType<typeof startStepFunctions>>;

/** A Pass child, and the only state of machines that need no more. */
export const PASS = { Type: 'Pass', End: true };
export const ROLE = 'arn:aws:iam::000000000000:role/test';

/**
 * The real runtime behind the SDK's clients, with the steps that most tests take.
 * @param inference source of the module behind the task of `lambdaTask`.
 */
export async function startStepFunctions(inference?: string) {
  const runtime = await startRuntimeProcess(inference);
  let machines = 0;
  // The port changes with each start of the process.
  let clients: { endpoint: string; sfn: SFNClient; s3: S3Client } | undefined;
  const current = () => {
    const settings = runtime.client();
    if (clients?.endpoint !== settings.endpoint)
      clients = {
        endpoint: settings.endpoint,
        sfn: new SFNClient({ ...settings, maxAttempts: 1 }),
        s3: new S3Client({ ...settings, forcePathStyle: true }),
      };
    return clients;
  };
  const sfn = () => current().sfn;
  const s3 = () => current().s3;
  const executionOf = (executionArn: string) => sfn().send(new DescribeExecutionCommand({ executionArn }));

  const test = {
    runtime,
    sfn,
    s3,
    async create(definition: object, name = `machine-${++machines}`): Promise<string> {
      const command = new CreateStateMachineCommand({ name, definition: JSON.stringify(definition), roleArn: ROLE });
      return (await sfn().send(command)).stateMachineArn as string;
    },
    /** Starts an execution of a machine's ARN or of a definition. */
    async start(machine: string | object, input: unknown = {}, name?: string): Promise<string> {
      const stateMachineArn = typeof machine === 'string' ? machine : await test.create(machine);
      const command = new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input), name });
      return (await sfn().send(command)).executionArn as string;
    },
    executionOf,
    async ended(executionArn: string) {
      await expect.poll(async () => (await executionOf(executionArn)).status).not.toBe('RUNNING');
      return executionOf(executionArn);
    },
    /** Output of an execution that must succeed. */
    async outputOf(executionArn: string): Promise<unknown> {
      const { status, output, error, cause } = await test.ended(executionArn);
      expect({ status, error, cause }).toMatchObject({ status: 'SUCCEEDED' });
      return JSON.parse(output ?? 'null');
    },
    async history(executionArn: string): Promise<HistoryEvent[]> {
      return (await sfn().send(new GetExecutionHistoryCommand({ executionArn }))).events ?? [];
    },
    typesOf: async (executionArn: string) => (await test.history(executionArn)).map(({ type }) => type),
    /** The one map run of an execution. */
    async mapRunOf(executionArn: string) {
      const { mapRuns } = await sfn().send(new ListMapRunsCommand({ executionArn }));
      expect(mapRuns).toHaveLength(1);
      return sfn().send(new DescribeMapRunCommand({ mapRunArn: mapRuns?.[0]?.mapRunArn }));
    },
    put: (Key: string, Body: string | Uint8Array) => s3().send(new PutObjectCommand({ Bucket: 'starmap', Key, Body })),
    read: async <T>(Key: string): Promise<T> =>
      JSON.parse(
        (await (await s3().send(new GetObjectCommand({ Bucket: 'starmap', Key }))).Body?.transformToString()) ?? '',
      ) as T,
    /** A task that gives its input to the inference function. */
    lambdaTask: (more: object = {}) => ({
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: runtime.connection().functions.inference['1024'], 'Payload.$': '$' },
      OutputPath: '$.Payload',
      End: true,
      ...more,
    }),
  };
  return test;
}

/** A distributed Map whose children are one state. */
export const mapState = (map: object, child: object = PASS, name = 'Child') => ({
  Type: 'Map',
  ItemProcessor: {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: name,
    States: { [name]: child },
  },
  End: true,
  ...map,
});

/** A machine that is one distributed Map. */
export const mapMachine = (map: object, child?: object) => ({ StartAt: 'Map', States: { Map: mapState(map, child) } });

/** A function that fails until the file exists that its event names in `needs`: what a redrive mends. */
export const MENDABLE = `
  import { existsSync } from 'node:fs';
  export const handler = async (event) => {
    if (event.waitMs) await new Promise((resolve) => setTimeout(resolve, event.waitMs));
    if (event.needs && !existsSync(event.needs)) { const error = new Error(event.needs); error.name = 'NotYet'; throw error; }
    return event;
  };`;
