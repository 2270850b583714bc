import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { execute } from './execution.ts';
import { type LocalRuntime, startLocalRuntime } from './local-runtime.ts';
import { measurePeers } from './peers.ts';
import { type BenchResult, median } from './result.ts';

const ITEMS = 10_000;

/** No-op items through the Distributed Map: pure Pass children, and real child-process invocations; journal on. */
export async function run(): Promise<BenchResult> {
  const runtime = await startLocalRuntime(noopFunctions());
  try {
    const inference = runtime.connection.functions.inference[1024] as string;
    const pass = await createMap(runtime, 'bench-pass', { Type: 'Pass', End: true });
    const task = await createMap(runtime, 'bench-task', {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: inference, 'Payload.$': '$' },
      ResultSelector: { 'ok.$': '$.StatusCode' },
      End: true,
    });
    await mapMs(runtime, pass, 1_000);
    const thousandMs = median([
      await mapMs(runtime, pass, 1_000),
      await mapMs(runtime, pass, 1_000),
      await mapMs(runtime, pass, 1_000),
    ]);
    const passMs = median([
      await mapMs(runtime, pass, ITEMS),
      await mapMs(runtime, pass, ITEMS),
      await mapMs(runtime, pass, ITEMS),
    ]);
    const taskMs = await mapMs(runtime, task, ITEMS);
    const hundredMs = await mapMs(runtime, pass, 100_000);
    const peakRssMb = peakRss(runtime.process.pid as number);
    const peers = await measurePeers([1_000, ITEMS]);
    // Each peer at its best: at the size where it is fastest.
    const best = peers.reduce<(typeof peers)[number] | undefined>(
      (top, peer) => ((peer.itemsPerSecond ?? 0) > (top?.itemsPerSecond ?? 0) ? peer : top),
      undefined,
    );
    const rate = (items: number, ms: number) => (items / ms) * 1000;
    const ratio = best?.itemsPerSecond ? rate(ITEMS, passMs) / best.itemsPerSecond : null;
    const growth = hundredMs / 100_000 / (thousandMs / 1_000);
    return {
      rows: [
        { what: '10,000 Pass children', value: `${rate(ITEMS, passMs).toFixed(0)} items/s`, target: 'towards 23,000' },
        { what: '10,000 no-op Lambda invocations', value: `${rate(ITEMS, taskMs).toFixed(0)} items/s` },
        { what: 'time per item, 100,000 ÷ 1,000', value: growth.toFixed(2), target: '≤ 1' },
        {
          what: 'peak memory of the runtime',
          value: peakRssMb === null ? 'not known here' : `${peakRssMb.toFixed(0)} MB`,
          target: '< 400 MB',
        },
        ...peers.map((peer) => ({
          what: `peer ${peer.name}, ${peer.items.toLocaleString('en-US')} Pass children`,
          value: peer.itemsPerSecond ? `${peer.itemsPerSecond.toFixed(0)} items/s` : peer.note,
        })),
        ...(peers.length === 0 ? [{ what: 'peers', value: 'skipped: no python3' }] : []),
        ...(ratio === null ? [] : [{ what: 'ours ÷ best peer', value: ratio.toFixed(1), target: '≥ 10' }]),
      ],
      figures: {
        items_per_s: rate(ITEMS, passMs),
        task_items_per_s: rate(ITEMS, taskMs),
        best_peer: best?.name ?? null,
        best_peer_items_per_s: best?.itemsPerSecond ?? null,
        ratio,
        growth_100k: growth,
        peak_rss_mb: peakRssMb,
      },
    };
  } finally {
    await runtime.stop();
  }
}

/** A folder with the three function names, each answering at once. */
function noopFunctions(): string {
  const folder = path.resolve('dist/bench-functions');
  for (const name of ['initialize', 'inference', 'summarize']) {
    mkdirSync(path.join(folder, name), { recursive: true });
    writeFileSync(path.join(folder, name, 'index.mjs'), 'export const handler = async () => ({ ok: true });\n');
  }
  return folder;
}

async function createMap(runtime: LocalRuntime, name: string, child: object): Promise<string> {
  const definition = {
    StartAt: 'Map',
    States: {
      Map: {
        Type: 'Map',
        ItemReader: {
          Resource: 'arn:aws:states:::s3:getObject',
          ReaderConfig: { InputType: 'JSON' },
          Parameters: { 'Bucket.$': '$.bucket', 'Key.$': '$.key' },
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Child',
          States: { Child: child },
        },
        ResultWriter: {
          Resource: 'arn:aws:states:::s3:putObject',
          Parameters: { 'Bucket.$': '$.bucket', Prefix: 'bench/map' },
        },
        ResultPath: null,
        End: true,
      },
    },
  };
  const sfn = new SFNClient(runtime.client);
  const roleArn = 'arn:aws:iam::000000000000:role/bench';
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({ name, roleArn, definition: JSON.stringify(definition) }),
  );
  return stateMachineArn as string;
}

async function mapMs(runtime: LocalRuntime, stateMachineArn: string, items: number): Promise<number> {
  const s3 = new S3Client({ ...runtime.client, forcePathStyle: true });
  const key = `bench/items-${items}.json`;
  await s3.send(
    new PutObjectCommand({
      Bucket: 'starmap',
      Key: key,
      Body: JSON.stringify(Array.from({ length: items }, (_, index) => ({ index }))),
    }),
  );
  return (await execute(runtime, stateMachineArn, { bucket: 'starmap', key })).wallMs;
}

/** High-water mark of the process's resident memory, MB; null where /proc does not tell. */
function peakRss(pid: number): number | null {
  try {
    const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib ? (Number(kib) * 1024) / 1e6 : null;
  } catch {
    return null;
  }
}
