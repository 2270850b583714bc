import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onConnection } from '../connection.ts';
import { BackendError, env } from '../env.ts';
import { type Place, places } from './contract.fixture.ts';
import {
  type ChildExecution,
  describeMapRun,
  describeStateMachine,
  type Execution,
  historySince,
  listChildExecutions,
  maybeDescribeExecution,
  redriveExecution,
  startExecution,
  stopExecution,
} from './executions.ts';
import { concurrencyLimit, maybeDescribeFunction } from './functions.ts';
import { findLogLines, type LogLine } from './logs.ts';
import {
  bucketExists,
  deleteObjects,
  getObject,
  listObjects,
  listPrefixes,
  maybeGetObject,
  maybeHeadObject,
  maybeReadText,
  putObject,
  readObject,
  uploadObject,
} from './objects.ts';
import { codeOf } from './plain-words.ts';

// One suite of what Starmap relies on, unchanged against the local runtime, against moto, which shares no code with
// us, and with REMOTE=1 against the AWS account of the saved connection.

/** What moto 5.2.5 does not do as AWS does: where it fails there, the test counts as skipped. */
const notOfferedByMoto: Record<string, string> = {
  'a map run: its children are listed, with their states': 'ListExecutions with mapRunArn: status 500',
  'a failed execution goes on after a redrive; one that succeeded is refused': 'RedriveExecution: status 500',
  'a map run that is not there': 'DescribeMapRun of an unknown ARN: status 500',
  'how many invocations run at once': 'GetAccountSettings: status 404',
  'a stopped execution tells who stopped it and why': 'DescribeExecution leaves out error and cause',
};

/** On AWS a function made of a container image is slow to start for the first time. */
const PATIENCE_MS = env().remote ? 600_000 : 50_000;

for (const { name, absent, open } of places) {
  describe.skipIf(absent !== null)(absent ? `${name} (skipped: ${absent})` : name, () => {
    let place: Place;
    beforeAll(async () => {
      place = await open();
    });
    afterAll(() => place?.close(), 120_000);

    const behave = (what: string, work: () => Promise<void>) => {
      const lack = name === 'moto' ? notOfferedByMoto[what] : undefined;
      const run = () => onConnection(place.connection, work);
      if (lack) test(what, ({ skip }) => run().catch(() => skip(`not offered by moto: ${lack}`)));
      else test(what, run, PATIENCE_MS + 10_000);
    };
    /** Does some work on a state machine of its own. */
    const onMachine = async <T>(definition: object, work: () => Promise<T>): Promise<T> =>
      onConnection({ ...place.connection, stateMachineArn: await place.machine(definition) }, work);

    describe('Step Functions', () => {
      behave('an execution: started, described with input and output', async () => {
        await onMachine(pass, async () => {
          const arn = await startExecution(newName(), { n: 3, text: 'ä' });
          const ended = await untilEnded(arn);
          expect(ended).toMatchObject({ arn, status: 'SUCCEEDED', error: null, cause: null });
          expect(JSON.parse(ended.input ?? '')).toEqual({ n: 3, text: 'ä' });
          expect(JSON.parse(ended.output ?? '')).toEqual({ n: 3, text: 'ä' });
          expect(Date.parse(ended.stoppedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(ended.startedAt));
        });
      });

      behave('a second start with the same name and input starts nothing', async () => {
        await onMachine(waits, async () => {
          const name = newName();
          const arn = await startExecution(name, { n: 1 });
          expect(await startExecution(name, { n: 1 })).toBe(arn);
          const before = await maybeDescribeExecution(arn);
          await stopExecution(arn, 'Stopped', 'by the suite');
          const after = await untilEnded(arn);
          expect(after.startedAt).toBe(before?.startedAt);
          // Also after its end.
          expect(await startExecution(name, { n: 1 })).toBe(arn);
          expect((await maybeDescribeExecution(arn))?.status).toBe('ABORTED');
        });
      });

      behave('a failed execution tells error and cause', async () => {
        await onMachine(fails, async () => {
          const ended = await untilEnded(await startExecution(newName(), {}));
          expect(ended).toMatchObject({ status: 'FAILED', error: 'NoGood', cause: 'It was no good.', output: null });
        });
      });

      behave('a history of several pages: every event once, in order; only what is new', async () => {
        await onMachine(manyEvents, async () => {
          const arn = await startExecution(newName(), Array(150).fill(0));
          await untilEnded(arn);
          const events = await historySince(arn, 0, { withData: true });
          expect(events.length).toBeGreaterThan(300);
          expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => i + 1));
          expect(events[0]?.type).toBe('ExecutionStarted');
          expect(events.at(-1)?.type).toBe('ExecutionSucceeded');
          expect(events.filter(({ state }) => state === 'P')).not.toHaveLength(0);
          const last = events.at(-3)?.id ?? 0;
          expect((await historySince(arn, last)).map(({ id }) => id)).toEqual([last + 1, last + 2]);
          expect(await historySince(arn, last + 2)).toEqual([]);
        });
      });

      behave('a map run: found in the history, its items counted', async () => {
        const { arn, items } = await place.mapExecution();
        expect((await untilEnded(arn)).status).toBe('SUCCEEDED');
        const run = await describeMapRun(await mapRunOf(arn));
        expect(run.status).toBe('SUCCEEDED');
        expect(run.items).toEqual({
          total: items,
          succeeded: items,
          pending: 0,
          running: 0,
          failed: 0,
          timedOut: 0,
          aborted: 0,
        });
      });

      behave('a map run: its children are listed, with their states', async () => {
        const { arn, items } = await place.mapExecution();
        await untilEnded(arn);
        const mapRunArn = await mapRunOf(arn);
        const children: ChildExecution[] = [];
        for await (const child of listChildExecutions(mapRunArn)) children.push(child);
        expect(new Set(children.map((child) => child.arn)).size).toBe(items);
        expect(children.every(({ status, stoppedAt }) => status === 'SUCCEEDED' && stoppedAt)).toBe(true);
        for await (const child of listChildExecutions(mapRunArn, 'FAILED')) throw new Error(`${child.arn} failed`);
        const child = await maybeDescribeExecution(children[0]?.arn ?? '');
        expect(child?.status).toBe('SUCCEEDED');
      });

      behave('a running execution is stopped; stopping it again is no error', async () => {
        await onMachine(waits, async () => {
          const arn = await startExecution(newName(), {});
          // Under load moto was seen to end one before its history told of its first state, or of its end.
          const told = (type: string) =>
            untilEqual(
              () => historySince(arn, 0),
              (events) => events.some((event) => event.type === type),
            );
          await told('WaitStateEntered');
          await stopExecution(arn, 'Stopped', 'Stopped by the suite.');
          expect((await untilEnded(arn)).status).toBe('ABORTED');
          await stopExecution(arn, 'Stopped', 'Again.');
          expect((await told('ExecutionAborted')).at(-1)).toMatchObject({ type: 'ExecutionAborted' });
        });
      });

      behave('a stopped execution tells who stopped it and why', async () => {
        await onMachine(waits, async () => {
          const arn = await startExecution(newName(), {});
          await stopExecution(arn, 'Stopped', 'Stopped by the suite.');
          expect(await untilEnded(arn)).toMatchObject({ error: 'Stopped', cause: 'Stopped by the suite.' });
        });
      });

      behave('a failed execution goes on after a redrive; one that succeeded is refused', async () => {
        await onMachine(fails, async () => {
          const arn = await startExecution(newName(), {});
          await untilEnded(arn);
          const before = (await historySince(arn, 0)).at(-1)?.id ?? 0;
          await redriveExecution(arn);
          await untilEnded(arn);
          const types = (await historySince(arn, before)).map(({ type }) => type);
          expect(types[0]).toBe('ExecutionRedriven');
          expect(types.at(-1)).toBe('ExecutionFailed');
        });
        await onMachine(pass, async () => {
          const arn = await startExecution(newName(), {});
          await untilEnded(arn);
          expect(await codeFrom(redriveExecution(arn))).toBe('ExecutionNotRedrivable');
        });
      });

      behave('the definition of the deployed state machine', async () => {
        await onMachine(pass, async () => {
          const { definition } = await describeStateMachine();
          expect(JSON.parse(definition)).toEqual(pass);
        });
      });

      behave('executions and state machines that are not there', async () => {
        const arn = `${place.connection.stateMachineArn.replace(':stateMachine:', ':execution:')}:${randomUUID()}`;
        expect(await maybeDescribeExecution(arn)).toBeUndefined();
        expect(await codeFrom(historySince(arn, 0))).toBe('ExecutionDoesNotExist');
        await stopExecution(arn, 'Stopped', 'It never was.');
        const stateMachineArn = `${place.connection.stateMachineArn}-that-never-was`;
        await onConnection({ ...place.connection, stateMachineArn }, async () => {
          await expect(describeStateMachine()).rejects.toThrow(BackendError);
          await expect(describeStateMachine()).rejects.toThrow(`There is no state machine ${stateMachineArn}`);
        });
      });

      behave('a map run that is not there', async () => {
        const arn = `${place.connection.stateMachineArn.replace(':stateMachine:', ':mapRun:')}/Infer:${randomUUID()}`;
        expect(await codeFrom(describeMapRun(arn))).toBe('ResourceNotFound');
      });
    });

    describe('S3', () => {
      const key = (name: string) => `${place.prefix}${name}`;

      behave('an object: put, read, described, replaced', async () => {
        const { bucket } = place.connection;
        const etag = await putObject(bucket, key('a b/ü+&.json'), '{"a":1}', 'application/json');
        expect(await maybeReadText(bucket, key('a b/ü+&.json'))).toBe('{"a":1}');
        const opened = await getObject(bucket, key('a b/ü+&.json'));
        opened.body.destroy();
        expect(opened).toMatchObject({ sizeBytes: 7, contentType: 'application/json', etag });
        const head = await maybeHeadObject(bucket, key('a b/ü+&.json'));
        expect(head).toMatchObject({ sizeBytes: 7, etag });
        expect(Math.abs(Date.parse(head?.modifiedAt ?? '') - Date.now())).toBeLessThan(600_000);
        expect(await putObject(bucket, key('a b/ü+&.json'), new Uint8Array(3))).not.toBe(etag);
        expect((await maybeHeadObject(bucket, key('a b/ü+&.json')))?.sizeBytes).toBe(3);
      });

      behave('ranges of an object', async () => {
        const { bucket } = place.connection;
        const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));
        await putObject(bucket, key('ranges'), bytes);
        const part = await getObject(bucket, key('ranges'), { start: 10, end: 19 });
        part.body.destroy();
        expect(part.sizeBytes).toBe(10);
        for (const range of [{ start: 10, end: 19 }, { start: 990 }, { start: 0, end: 0 }, { start: 995, end: 5000 }])
          expect(Buffer.from(await readObject(bucket, key('ranges'), range))).toEqual(
            bytes.subarray(range.start, (range.end ?? 999) + 1),
          );
        expect(await codeFrom(readObject(bucket, key('ranges'), { start: 1000 }))).toBe('InvalidRange');
      });

      behave('a stream of unknown length above 8 MiB arrives whole', async () => {
        const { bucket } = place.connection;
        const sent = createHash('sha256');
        const chunks = Array.from({ length: 18 }, (_, i) => Buffer.alloc(2 ** 20, i));
        for (const chunk of chunks) sent.update(chunk);
        await uploadObject(bucket, key('large'), Readable.from(chunks), 'application/x-large');
        const { body, sizeBytes, contentType } = await getObject(bucket, key('large'));
        const got = createHash('sha256');
        for await (const chunk of body) got.update(chunk as Uint8Array);
        expect([sizeBytes, contentType]).toEqual([18 * 2 ** 20, 'application/x-large']);
        expect(got.digest('hex')).toBe(sent.digest('hex'));
      });

      behave('more than 1,000 keys: listed in order over pages, from a key on, by folder, deleted', async () => {
        const { bucket } = place.connection;
        const names = Array.from({ length: 1_203 }, (_, i) => key(`many/${String(i).padStart(4, '0')}`));
        const left = names.values();
        await Promise.all(
          Array.from({ length: 16 }, async () => {
            for (const name of left) await putObject(bucket, name, 'x');
          }),
        );
        await putObject(bucket, key('many/deeper/1'), 'x');
        expect(await keysOf(listObjects(bucket, key('many/'), { delimiter: '/' }))).toEqual(names);
        expect(await keysOf(listObjects(bucket, key('many/')))).toHaveLength(1_204);
        const after = names[1_100] ?? '';
        expect(await keysOf(listObjects(bucket, key('many/'), { startAfter: after, delimiter: '/' }))).toEqual(
          names.slice(1_101),
        );
        expect(await listPrefixes(bucket, key('many/'))).toEqual([key('many/deeper/')]);
        await deleteObjects(bucket, [...names, key('many/never-was')]);
        expect(await keysOf(listObjects(bucket, key('many/')))).toEqual([key('many/deeper/1')]);
      });

      behave('objects and buckets that are not there', async () => {
        const { bucket } = place.connection;
        expect(await maybeGetObject(bucket, key('never-was'))).toBeUndefined();
        expect(await maybeHeadObject(bucket, key('never-was'))).toBeUndefined();
        expect(await maybeReadText(bucket, key('never-was'))).toBeUndefined();
        await expect(readObject(bucket, key('never-was'))).rejects.toThrow(`There is no object s3://${bucket}/`);
        expect(await keysOf(listObjects(bucket, key('never-was/')))).toEqual([]);
        expect(await bucketExists(bucket)).toBe(true);
        const none = `starmap-contract-${randomUUID()}`;
        expect(await bucketExists(none)).toBe(false);
        await expect(putObject(none, 'a', 'b')).rejects.toThrow(`There is no bucket "${none}"`);
      });
    });

    describe('CloudWatch Logs', () => {
      behave('lines of several pages: all, in order; by text, stream, time and number', async () => {
        const messages = Array.from({ length: 12_000 }, (_, i) =>
          i % 1000 === 0 ? `CHECK RequestId: ${i} "quoted"` : `line ${i}`,
        );
        const { group, stream } = await place.log('one', messages);
        const ours = (lines: LogLine[]) => lines.filter(({ message }) => /CHECK|line \d/.test(message));
        const read = async () => ours(await findLogLines({ group, limit: 20_000 }));
        // Logs are written some seconds late.
        const all = await untilEqual(read, ({ length }) => length === 12_000);
        expect(all.map(({ message }) => messageOf(message))).toEqual(messages);
        const checks = await findLogLines({ group, text: 'CHECK RequestId' });
        expect(checks.map(({ message }) => messageOf(message))).toEqual(messages.filter((_, i) => i % 1000 === 0));
        expect(await findLogLines({ group, text: 'RequestId: 3000' })).toHaveLength(1);
        const [startMs = 0, endMs = 0] = [all[4_000]?.timestampMs, all[4_100]?.timestampMs];
        const within = ours(await findLogLines({ group, startMs, endMs }));
        const times = all.map(({ timestampMs }) => timestampMs);
        expect(within.length).toBeGreaterThanOrEqual(times.filter((ms) => ms >= startMs && ms < endMs).length);
        expect(within.length).toBeLessThanOrEqual(times.filter((ms) => ms >= startMs && ms <= endMs).length);
        expect(await findLogLines({ group, limit: 5 })).toHaveLength(5);
        expect(await findLogLines({ group, stream, limit: 3 })).toHaveLength(3);
      });

      behave('groups and streams that are not there have no lines', async () => {
        expect(await findLogLines({ group: `/starmap/${randomUUID()}` })).toEqual([]);
        const { group } = await place.log('two', ['line 1']);
        expect(await findLogLines({ group, stream: 'never-was' })).toEqual([]);
      });
    });

    describe('Lambda', () => {
      behave('the settings of a function; one that is not there', async () => {
        const arn = Object.values(place.connection.functions.inference)[0] ?? '';
        const found = await maybeDescribeFunction(arn);
        expect(found?.name).toBe(arn.split(':').at(-1));
        expect(Object.keys(place.connection.functions.inference)).toContain(String(found?.memoryMb));
        expect(found?.timeoutMs).toBeGreaterThan(0);
        expect(found?.logGroup).toContain('/');
        expect(await maybeDescribeFunction(`${arn}-that-never-was`)).toBeUndefined();
      });

      behave('how many invocations run at once', async () => {
        expect(await concurrencyLimit()).toBeGreaterThan(0);
      });
    });
  });
}

const pass = { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } };
const waits = { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 120, End: true } } };
const fails = { StartAt: 'F', States: { F: { Type: 'Fail', Error: 'NoGood', Cause: 'It was no good.' } } };
const manyEvents = {
  StartAt: 'M',
  States: {
    M: { Type: 'Map', ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, ...pass }, End: true },
  },
};

const newName = () => `contract-${randomUUID()}`;

async function untilEnded(arn: string): Promise<Execution> {
  return untilEqual(
    async () => {
      const execution = await maybeDescribeExecution(arn);
      if (!execution) throw new Error(`${arn} is gone`);
      return execution;
    },
    ({ status }) => status !== 'RUNNING' && status !== 'PENDING_REDRIVE',
  );
}

/** Asks until the answer is as it must become: services take their time. */
async function untilEqual<T>(ask: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let pauseMs = 20; ; pauseMs = Math.min(1_000, pauseMs * 1.5)) {
    const value = await ask();
    if (good(value) || Date.now() > deadline) return value;
    await delay(pauseMs);
  }
}

async function mapRunOf(arn: string): Promise<string> {
  const started = (await historySince(arn, 0)).find(({ mapRunArn }) => mapRunArn);
  if (!started?.mapRunArn) throw new Error(`the history of ${arn} has no map run`);
  return started.mapRunArn;
}

async function keysOf(objects: AsyncGenerator<{ key: string }>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects) keys.push(key);
  return keys;
}

/** Without what a runtime puts before a printed line. */
const messageOf = (message: string) => message.slice(Math.max(0, message.search(/CHECK|line \d/)));

const codeFrom = (call: Promise<unknown>): Promise<string> => call.then(() => 'no error', codeOf);
