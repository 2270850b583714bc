import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { parquetMetadata } from 'hyparquet';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { clients } from '../aws/clients.ts';
import { putObject, readObject } from '../aws/objects.ts';
import { onEachDatabase } from '../db/databases.fixture.ts';
import { sumPhases } from '../domain/billed-phases.ts';
import type { LaunchFormInput } from '../domain/experiment.ts';
import type { PhasesMs } from '../domain/phases.ts';
import { findReports } from '../domain/report-line.ts';
import type { RunDetail, RunEvent } from '../domain/run.ts';
import { projectFolder } from '../env.ts';
import { getBackend } from './backend.ts';
import { compareRuns } from './compare.ts';
import { getRun } from './get-run.ts';
import { installModel } from './install-model.ts';
import { itemLog } from './item-log.ts';
import { launchExperiment, previewLaunch } from './launch.ts';
import { getExperiment } from './list-experiments.ts';
import { listRunItems, runItemGrid } from './list-run-items.ts';
import { subscribe } from './live.ts';
import { makeDataset } from './make-dataset.ts';
import { getOverview } from './overview.ts';
import { openResult, resultPreview, runsCsv } from './results.ts';
import { stopRun } from './stop-run.ts';
import { startWatcher, type Watcher } from './watch.ts';
import { getWorkflow } from './workflow.ts';

// The whole way of a run through the real local runtime, as its own process: only the browser is missing.

onEachDatabase(() => {
  let home: string;
  let runtime: ChildProcess;
  let watcher: Watcher;

  beforeAll(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'starmap-local-run-'));
    vi.stubEnv('STARMAP_HOME', home);
    vi.stubEnv('STARMAP_BACKEND', 'local');
    runtime = await startRuntime();
    await installModel(projectFolder('lambdas/models/photoz'), { bucket: 'starmap', prefix: 'models/photoz' });
    await dataset('small', 8);
    watcher = startWatcher();
  });

  afterAll(async () => {
    await watcher?.stop();
    runtime?.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  });

  /** Partitions of 250 kB, if nothing else is said: a dozen galaxies each. */
  async function dataset(name: string, partitions: number, partitionSizeBytes = 250_000): Promise<void> {
    const made = await makeDataset({
      bucket: 'starmap',
      prefix: `datasets/${name}`,
      sizeBytes: partitions * partitionSizeBytes,
      partitionSizeBytes,
      seed: 1,
    });
    if (!made.ok) throw new Error(JSON.stringify(made));
  }

  function form(changes: Partial<LaunchFormInput> = {}): LaunchFormInput {
    return {
      name: 'Test',
      datasets: ['starmap/datasets/small'],
      dataSizesBytes: [null],
      batchSizes: [16],
      model: 'starmap/models/photoz',
      memoriesMb: [2048],
      maxConcurrency: 0,
      repeats: 1,
      ...changes,
    };
  }

  async function launch(changes: Partial<LaunchFormInput> = {}): Promise<{ experimentId: string; runIds: string[] }> {
    const launched = await launchExperiment(form(changes));
    if (!launched.ok) throw new Error(JSON.stringify(launched));
    return launched.value;
  }

  /** Resolves with the run as soon as an event or the database shows it so. */
  async function until(id: string, reached: (run: RunEvent['run']) => boolean): Promise<RunDetail> {
    let check: () => void = () => {};
    const seen = new Promise<void>((resolve) => {
      check = resolve;
    });
    const end = subscribe(({ run }) => {
      if (run.id === id && reached(run)) check();
    });
    const now = await getRun(id);
    if (!now || !reached(now)) await seen;
    end();
    const run = await getRun(id);
    if (!run) throw new Error(`run ${id} is gone`);
    return run;
  }

  const ended = (id: string) => until(id, ({ status }) => status !== 'QUEUED' && status !== 'RUNNING');

  async function startRuntime(): Promise<ChildProcess> {
    const child = spawn(process.execPath, ['infra/local/main.ts', '--home', home, '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the runtime stopped with ${code}`)));
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        if (line.startsWith('{"ready":true')) resolve();
      });
    });
    return child;
  }

  test('from launch to filled charts', async () => {
    const events: RunEvent[] = [];
    const end = subscribe((event) => events.push(event));
    const { experimentId, runIds } = await launch({ batchSizes: [4, 16], question: 'Which is faster?' });
    const runs = await Promise.all(runIds.map(ended));
    end();
    for (const run of runs) {
      expect(run).toMatchObject({
        status: 'SUCCEEDED',
        completeness: 'COMPLETE',
        counts: { total: 8, succeeded: 8, pending: 0, running: 0, failed: 0 },
        states: {
          Initialize: { status: 'SUCCEEDED' },
          Infer: { status: 'SUCCEEDED' },
          Summarize: { status: 'SUCCEEDED' },
        },
        error: null,
        cause: null,
      });
      expect(run.report).toMatchObject({ complete: true, found: { items: 8 }, missing: [], duplicates: [] });
      const { measures } = run;
      expect(measures?.mapWallMs).toBeGreaterThan(0);
      expect(measures?.executionWallMs).toBeGreaterThan(measures?.mapWallMs ?? 0);
      expect(measures?.modelLoopMs?.n).toBe(8);
      expect(measures?.modelVersion).toMatch(/^[0-9a-f]{32}$/);
      expect(measures?.billedMs).toBeGreaterThan(0);
      expect(measures?.throughputBps).toBeCloseTo(
        (run.settings.dataBytes * 8) / ((measures?.mapWallMs ?? 0) / 1000),
        0,
      );
      expect(measures?.metrics.length).toBeGreaterThan(0);
      const lines = measures?.bill?.lines.map(({ label, arithmetic }) => `${label}: ${arithmetic}`) ?? [];
      expect(lines.filter((line) => line.includes('about'))).toEqual([]);
      expect(lines.join('\n')).toContain(
        'Step Functions transitions: (3 of the run + 8 items started + 8 item states)',
      );
      expect(lines.join('\n')).toMatch(/Lambda compute: inference: .* s billed × 2 GB configured/);
      expect(lines.join('\n')).toContain('Lambda requests: 10 ×');
      expect(run.costUsd).toBeCloseTo(measures?.bill?.totalUsd ?? 0, 12);
    }
    // One after the other, and no browser was told that progress went backwards.
    expect(Date.parse(runs[1]?.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(runs[0]?.stoppedAt ?? ''));
    for (const id of runIds) {
      const done = events.filter(({ run }) => run.id === id).map(({ run }) => run.counts.succeeded);
      expect(done).toEqual([...done].sort((a, b) => a - b));
      expect(done.at(-1)).toBe(8);
    }
    expect(await getExperiment(experimentId)).toMatchObject({ runs: 2, complete: 2, byStatus: { SUCCEEDED: 2 } });
    const comparison = await compareRuns({ experimentIds: [experimentId] });
    expect(comparison.runs.map(({ settings }) => settings.batchSize)).toEqual([4, 16]);
    expect(comparison.left_out).toEqual([]);
    const linked = await compareRuns({ runIds: [runIds[0] ?? '', 'r-deleted'] });
    expect(linked.runs).toHaveLength(1);
    expect(linked.left_out).toMatchObject([{ id: 'r-deleted', reason: expect.stringContaining('was deleted') }]);
    expect((await getOverview()).finished.map(({ id }) => id)).toEqual(expect.arrayContaining(runIds));
  });

  test('each item: its file, times, REPORT figures and log', async () => {
    const { runIds } = await launch();
    const { id } = await ended(runIds[0] ?? '');
    const { rows, total } = await listRunItems(id);
    expect(total).toBe(8);
    for (const [rank, row] of rows.entries()) {
      expect(row).toMatchObject({ rank, status: 'SUCCEEDED', keys: [`datasets/small/${rank + 1}.safetensors`] });
      for (const field of ['durationMs', 'modelLoopMs', 'billedMs', 'maxMemoryMb', 'samples', 'sizeBytes'] as const)
        expect(row[field], field).toBeGreaterThan(0);
      expect(row.requestId).toMatch(/^[0-9a-f-]{36}$/);
    }
    expect((await runItemGrid(id)).map(({ status }) => status)).toEqual(Array(8).fill('SUCCEEDED'));
    const log = await itemLog(id, 3);
    expect(log.note).toBeNull();
    expect(log.lines[0]?.message).toContain('START RequestId');
    expect(log.lines.at(-1)?.message).toContain('REPORT RequestId');
    const preview = await resultPreview(id);
    expect(preview).toMatchObject({
      total: 8,
      predictions: { total: preview?.records.reduce((n, r) => n + (r.samples ?? 0), 0) },
    });
    expect(preview?.predictions?.rows).toHaveLength(50);
    expect(preview?.predictions?.rows[0]).toHaveLength(preview?.predictions?.columns.length ?? 0);
    const csv = await openResult(id, 'predictions.csv');
    const text = await new Response(csv?.body).text();
    expect(text.trimEnd().split('\n')).toHaveLength(1 + (preview?.predictions?.total ?? 0));
    expect(Buffer.byteLength(text)).toBe(csv?.sizeBytes);
    const parquet = await openResult(id, 'predictions.parquet');
    const bytes = await new Response(parquet?.body).arrayBuffer();
    expect(Number(parquetMetadata(bytes).num_rows)).toBe(preview?.predictions?.total);
    const table = (await runsCsv([id])).split('\r\n');
    expect(table[0]).toContain('map_wall_ms');
    expect(table[1]).toContain(id);
  });

  test('phases of each item, cold and warm, add up to what was billed, and the function saw nearly all of it', async () => {
    await dataset('phases', 6, 8_000_000);
    const { runIds } = await launch({ datasets: ['starmap/datasets/phases'], batchSizes: [64], memoriesMb: [3008] });
    const run = await ended(runIds[0] ?? '');
    const { rows } = await listRunItems(run.id);
    const records = (await resultPreview(run.id))?.records ?? [];
    expect(records).toHaveLength(6);
    expect(new Set(rows.map(({ coldStart }) => coldStart))).toEqual(new Set([true, false]));
    for (const { rank, billedMs, phasesMs, coldStart } of rows) {
      if (billedMs === null || phasesMs === null) throw new Error(`item ${rank} has no phases`);
      expect(Math.abs(sumPhases(phasesMs) / billedMs - 1), `item ${rank}`).toBeLessThanOrEqual(0.02);
      expect(phasesMs.init > 0).toBe(coldStart);
      for (const phase of ['fetch', 'inference', 'write'] as const) expect(phasesMs[phase], phase).toBeGreaterThan(0);
      // What Lambda needs around the handler; more on a machine that is busy with other things.
      expect(phasesMs.other, `item ${rank}: ${JSON.stringify(phasesMs)}`).toBeLessThanOrEqual(10 + 0.2 * billedMs);
      const measured = records[rank]?.phases_ms;
      expect(measured?.inference).toBe(phasesMs.inference);
      expect(measured?.fetch).toBe(phasesMs.fetch);
    }
    const meanBilled = rows.reduce((sum, { billedMs }) => sum + (billedMs ?? 0), 0) / rows.length;
    expect(sumPhases(run.measures?.phasesMs as PhasesMs) / meanBilled).toBeCloseTo(1, 2);
  });

  test('a corrupt file: the run fails, names it, keeps the others and stays out of charts', async () => {
    await dataset('broken', 8);
    await putObject('starmap', 'datasets/broken/5.safetensors', new Uint8Array(200_000).fill(255));
    const { experimentId, runIds } = await launch({ datasets: ['starmap/datasets/broken'] });
    const run = await ended(runIds[0] ?? '');
    expect(run).toMatchObject({
      status: 'FAILED',
      completeness: 'INCOMPLETE',
      states: {
        Infer: { status: 'FAILED' },
        SummarizeWhatIsThere: { status: 'SUCCEEDED' },
        InferFailed: { status: 'FAILED' },
      },
    });
    expect(run.cause).toContain('datasets/broken/5.safetensors');
    expect(run.report?.missing.map(({ key }) => key)).toContain('datasets/broken/5.safetensors');
    const items = await listRunItems(run.id, { status: 'FAILED' });
    expect(items.rows).toMatchObject([{ rank: 4, error: expect.stringContaining('Partition') }]);
    const report = findReports((await itemLog(run.id, 4)).lines.map(({ message }) => message).join('\n'))[0];
    expect(report?.billedMs).toBeGreaterThan(0);
    expect(items.rows[0]).toMatchObject({ billedMs: report?.billedMs, requestId: report?.requestId });
    // The end of the map may have cut another one short.
    expect(run.measures?.bill?.lines.map(({ label }) => label).join()).toMatch(
      /inference \(1 failed(, [1-9] aborted)?\)/,
    );
    expect((await itemLog(run.id, 4)).lines.map(({ message }) => message).join('\n')).toContain('REPORT RequestId');
    const comparison = await compareRuns({ experimentIds: [experimentId] });
    expect(comparison.runs).toEqual([]);
    expect(comparison.left_out).toMatchObject([{ id: run.id, reason: expect.stringContaining('It failed') }]);
  });

  test('with tolerated failures the run succeeds but is INCOMPLETE', async () => {
    const { runIds } = await launch({ datasets: ['starmap/datasets/broken'], toleratedFailurePercentage: 50 });
    const run = await ended(runIds[0] ?? '');
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      completeness: 'INCOMPLETE',
      counts: { succeeded: 7, failed: 1, total: 8 },
    });
    expect((await compareRuns({ runIds: [run.id], includeIncomplete: true })).runs).toHaveLength(1);
  });

  test('a run that is stopped ends as STOPPED; one still waiting never starts', async () => {
    await dataset('many', 60);
    const { runIds } = await launch({ datasets: ['starmap/datasets/many'], repeats: 2 });
    const [first = '', second = ''] = runIds;
    await until(first, ({ counts }) => counts.succeeded > 0);
    expect(await stopRun(second)).toEqual({ ok: true, value: null });
    expect(await stopRun(first)).toEqual({ ok: true, value: null });
    const run = await ended(first);
    expect(run).toMatchObject({ status: 'STOPPED', completeness: 'INCOMPLETE', cause: 'Stopped by the user.' });
    expect(run.counts.succeeded).toBeGreaterThan(0);
    expect(run.counts.succeeded + run.counts.aborted).toBe(60);
    expect(await getRun(second)).toMatchObject({ status: 'STOPPED', executionArn: null, startedAt: null });
    expect(await stopRun(first)).toMatchObject({ ok: false });
  });

  test('a run whose execution is stopped elsewhere, as in the console, says so', async () => {
    const { runIds } = await launch({ datasets: ['starmap/datasets/many'] });
    const id = runIds[0] ?? '';
    const { executionArn } = await until(id, ({ counts }) => counts.succeeded > 0);
    await clients().sfn.send(new StopExecutionCommand({ executionArn: executionArn ?? '' }));
    const cause = 'Stopped outside Starmap, without a reason.';
    expect(await ended(id)).toMatchObject({ status: 'STOPPED', error: 'Stopped', cause });
  });

  test('the watcher dies in the middle: the next one carries on', async () => {
    const { runIds } = await launch({ datasets: ['starmap/datasets/many'] });
    const id = runIds[0] ?? '';
    await until(id, ({ counts }) => counts.succeeded > 0);
    await watcher.stop();
    watcher = startWatcher();
    expect(await ended(id)).toMatchObject({
      status: 'SUCCEEDED',
      completeness: 'COMPLETE',
      counts: { succeeded: 60 },
    });
  });

  test('the runtime is killed in the middle: the trouble shows, and the run still ends COMPLETE', async () => {
    const { runIds } = await launch({ datasets: ['starmap/datasets/many'] });
    const id = runIds[0] ?? '';
    await until(id, ({ counts }) => counts.succeeded > 0);
    runtime.kill('SIGKILL');
    await vi.waitUntil(() => watcher.problem !== null, { timeout: 90_000 });
    expect((await getBackend()).problem).toContain('does not answer');
    expect(watcher.problem).toContain('The local runtime does not answer');
    runtime = await startRuntime();
    const run = await ended(id);
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      completeness: 'COMPLETE',
      counts: { succeeded: 60, total: 60 },
    });
    expect(watcher.problem).toBeNull();
  });

  test('the next launch is estimated from the runs before', async () => {
    const preview = await previewLaunch(form({ repeats: 3 }));
    if (!preview.ok) throw new Error(preview.message);
    expect(preview.value).toMatchObject({ runs: 3, items: 24, warnings: [] });
    expect(preview.value.estimate?.basedOnRuns).toBeGreaterThan(0);
    expect(preview.value.estimate?.costUsd).toBeGreaterThan(0);
    expect(preview.value.estimate?.wallMs).toBeGreaterThan(0);
  });

  test('the cost of few large partitions is estimated from many small ones', async () => {
    await dataset('large', 2, 4_000_000);
    const large = form({ datasets: ['starmap/datasets/large'] });
    const preview = await previewLaunch(large);
    const launched = await launchExperiment(large);
    if (!preview.ok || !launched.ok) throw new Error('it can be launched');
    const { costUsd } = await ended(launched.value.runIds[0] ?? '');
    const ratio = (preview.value.estimate?.costUsd ?? 0) / (costUsd ?? 0);
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });

  test('a tensor that the data lacks is told before the launch', async () => {
    const bytes = (file: string) => readObject('starmap', `models/photoz/${file}`);
    const described = Buffer.from(await bytes('model.json')).toString();
    await putObject(
      'starmap',
      'models/other/model.json',
      described.replace('"tensor": "image"', '"tensor": "picture"'),
    );
    await putObject('starmap', 'models/other/model.onnx', await bytes('model.onnx'));
    const preview = await previewLaunch(form({ model: 'starmap/models/other' }));
    if (!preview.ok) throw new Error(preview.message);
    expect(preview.value.warnings).toEqual([
      expect.stringMatching(/has no tensor picture, which .* What it has is id, magnitude/),
    ]);
    const launched = await launchExperiment(form({ model: 'starmap/models/other' }));
    if (!launched.ok) throw new Error(launched.message);
    expect(launched.value.warnings).toEqual(preview.value.warnings);
    expect((await ended(launched.value.runIds[0] ?? '')).status).toBe('FAILED');
  });

  test('the published payload’s result path keeps its shape', async () => {
    const { experimentId, runIds } = await launch();
    const run = await ended(runIds[0] ?? '');
    expect(run.resultPath).toBe(`results/${experimentId}/${run.id}`);
    const combined = JSON.parse(
      Buffer.from(await readObject('starmap', `${run.resultPath}/combined_data.json`)).toString(),
    );
    expect(combined).toHaveLength(8);
    expect(combined[0]).toHaveProperty(['total_cpu_time (seconds)']);
  });

  test('the workflow is the deployed one', async () => {
    const { startAt, nodes } = await getWorkflow();
    expect(startAt).toBe('Initialize');
    expect(nodes.map(({ id }) => id)).toEqual(expect.arrayContaining(['Infer', 'InferItem', 'Summarize']));
  });
});
