import { randomUUID } from 'node:crypto';
import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeStateMachineCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { startRuntimeProcess } from '../../infra/local/runtime.fixture.ts';
import { type Connection, connection, connectionTo, onConnection } from '../connection.ts';
import { env } from '../env.ts';
import { installModel } from '../server/install-model.ts';
import { makeDataset } from '../server/make-dataset.ts';
import { clients } from './clients.ts';
import { startExecution } from './executions.ts';
import { findLogLines } from './logs.ts';
import { deployToMoto, MOTO_KEYS, MOTO_REGION, motoAbsent, startMoto } from './moto.fixture.ts';
import { deleteObjects, listObjects } from './objects.ts';

/** Services that the contract suite runs against. Everything it makes lies under names of its own and is removed. */
export interface Place {
  connection: Connection;
  /** Of every key that the suite writes. */
  prefix: string;
  /** Makes a state machine; its states need no rights. @returns its ARN. */
  machine(definition: object): Promise<string>;
  /** Starts an execution with a distributed map that succeeds. */
  mapExecution(): Promise<{ arn: string; items: number }>;
  /** Writes lines to a log group and stream of their own, where other lines may lie too. */
  log(name: string, messages: string[]): Promise<{ group: string; stream: string }>;
  close(): Promise<void>;
}

export const places: { name: string; absent: string | null; open: () => Promise<Place> }[] = [
  { name: 'the local runtime', absent: null, open: openLocal },
  { name: 'moto', absent: motoAbsent, open: openMoto },
  {
    name: 'the AWS account of the saved connection',
    absent: env().remote ? null : 'set REMOTE=1 to run it there; it costs a few cents',
    open: openRemote,
  },
];

async function openLocal(): Promise<Place> {
  const runtime = await startRuntimeProcess(PRINTS);
  const written = runtime.connection();
  const to: Connection = {
    ...unnamed,
    ...written,
    kind: 'local',
    label: 'Local runtime',
    logGroups: {},
    defaultMemoryMb: 2048,
  };
  const functions = Object.values(written.functions.inference);
  return {
    // More than a page of ListExecutions.
    ...makePlace(to, { items: 1_005, roleArn: 'arn:aws:iam::000000000000:role/any', close: runtime.remove }),
    // Here logs come from functions only.
    async log(_, messages) {
      const FunctionName = functions.pop() ?? '';
      const Payload = JSON.stringify({ messages });
      await onConnection(to, clients).lambda.send(new InvokeCommand({ FunctionName, Payload }));
      const group = `/aws/lambda/${FunctionName.split(':').at(-1)}`;
      const [line] = await onConnection(to, () => findLogLines({ group, limit: 1 }));
      return { group, stream: line?.stream ?? '' };
    },
  };
}

const PRINTS = `export const handler = async ({ messages = [] }) => {
  for (const message of messages) console.log(message);
};`;

async function openMoto(): Promise<Place> {
  const moto = await startMoto();
  const outputs = await deployToMoto(moto, 'Starmap');
  const to: Connection = {
    ...connectionTo({ region: MOTO_REGION, profile: null, roleArn: null, outputs }),
    ...MOTO_KEYS,
    endpoint: moto.endpoint,
  };
  return makePlace(to, { items: 5, roleArn: 'arn:aws:iam::123456789012:role/any', close: moto.stop });
}

/**
 * The deployment of the saved connection. Its own state machine runs the map, on data and a model made for it: the
 * role of the deployment may not start children of any other.
 */
async function openRemote(): Promise<Place> {
  const to = connection();
  return onConnection(to, async () => {
    const { roleArn } = await clients().sfn.send(
      new DescribeStateMachineCommand({ stateMachineArn: to.stateMachineArn }),
    );
    const place = makePlace(to, { items: 0, roleArn: roleArn ?? '', close: async () => {} });
    const data = `datasets/contract-${place.id}`;
    const model = `models/contract-${place.id}`;
    return {
      ...place,
      async mapExecution() {
        const at = { bucket: to.bucket, prefix: data };
        accept(await makeDataset({ ...at, sizeBytes: 750_000, partitionSizeBytes: 250_000, seed: 1, overwrite: true }));
        accept(await installModel('lambdas/models/photoz', { bucket: to.bucket, prefix: model }));
        const arn = await startExecution(`contract-${randomUUID()}`, {
          bucket: to.bucket,
          batch_size: 16,
          S3_object_name: model,
          result_path: `results/contract-${place.id}/${randomUUID()}`,
          data_bucket: to.bucket,
          data_prefix: data,
        });
        return { arn, items: 3 };
      },
      async close() {
        await onConnection(to, async () => {
          for (const prefix of [`${data}/`, `${model}/`, `results/contract-${place.id}/`])
            await empty(to.bucket, prefix);
        });
        await place.close();
      },
    };
  });
}

const unnamed = { endpoint: null, profile: null, roleArn: null, pollMs: 300 } as const;

function makePlace(
  to: Connection,
  { items, roleArn, close }: { items: number; roleArn: string; close: () => Promise<void> },
): Place & { id: string } {
  const id = randomUUID().slice(0, 8);
  const prefix = `datasets/contract-${id}/suite/`;
  const sfn = (): SFNClient => onConnection(to, clients).sfn;
  const logs = (): CloudWatchLogsClient => onConnection(to, clients).logs;
  const machines = new Map<string, string>();
  const groups: string[] = [];
  const machine = async (definition: object) => {
    const text = JSON.stringify(definition);
    const known = machines.get(text);
    if (known) return known;
    const name = `starmap-contract-${id}-${machines.size}`;
    const { stateMachineArn } = await sfn().send(new CreateStateMachineCommand({ name, definition: text, roleArn }));
    machines.set(text, String(stateMachineArn));
    return String(stateMachineArn);
  };
  return {
    id,
    connection: to,
    prefix,
    machine,
    async mapExecution() {
      const stateMachineArn = await machine(distributedMap);
      const arn = await onConnection({ ...to, stateMachineArn }, () =>
        startExecution(`contract-${randomUUID()}`, Array(items).fill({ n: 1 })),
      );
      return { arn, items };
    },
    async log(name, messages) {
      const names = { logGroupName: `/starmap/contract-${id}-${name}`, logStreamName: name };
      groups.push(names.logGroupName);
      await logs().send(new CreateLogGroupCommand(names));
      await logs().send(new CreateLogStreamCommand(names));
      const startMs = Date.now() - 60_000;
      const events = messages.map((message, i) => ({ message, timestamp: startMs + i }));
      for (let from = 0; from < events.length; from += 5_000)
        await logs().send(new PutLogEventsCommand({ ...names, logEvents: events.slice(from, from + 5_000) }));
      return { group: names.logGroupName, stream: names.logStreamName };
    },
    async close() {
      await onConnection(to, () => empty(to.bucket, prefix));
      for (const stateMachineArn of machines.values())
        await sfn().send(new DeleteStateMachineCommand({ stateMachineArn }));
      for (const logGroupName of groups) await logs().send(new DeleteLogGroupCommand({ logGroupName }));
      await close();
    },
  };
}

const distributedMap = {
  StartAt: 'M',
  States: {
    M: {
      Type: 'Map',
      Label: 'Infer',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'P',
        States: { P: { Type: 'Pass', End: true } },
      },
      ResultPath: null,
      End: true,
    },
  },
};

async function empty(bucket: string, prefix: string): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of listObjects(bucket, prefix)) keys.push(key);
  await deleteObjects(bucket, keys);
}

function accept(result: { ok: boolean }): void {
  if (!result.ok) throw new Error(JSON.stringify(result));
}
