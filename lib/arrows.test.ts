import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

// One forbidden import per rule of .dependency-cruiser.mjs, in a tree of its own: a rule that no longer fires is no rule.
const offences: Record<string, [from: string, to: string]> = {
  'app-imports': ['app/page.ts', '../lib/aws/objects.ts'],
  'components-imports': ['components/form.ts', '../lib/server/launch.ts'],
  'domain-is-pure': ['lib/domain/run.ts', '../env.ts'],
  'planner-is-pure': ['lib/planner/waves.ts', '../aws/objects.ts'],
  'aws-imports': ['lib/aws/clients.ts', '../db/runs.ts'],
  'db-imports': ['lib/db/client.ts', '../aws/objects.ts'],
  'server-imports': ['lib/server/stop.ts', '../cli/main.ts'],
  'cli-imports': ['lib/cli/watch.ts', '../db/runs.ts'],
  'lambdas-imports': ['lambdas/inference.ts', '../lib/aws/objects.ts'],
  'runtime-imports': ['infra/local/main.ts', '../../lambdas/initialize.ts'],
  'cdk-imports': ['infra/cdk/app.ts', '../../lib/aws/logs.ts'],
  'asl-is-pure': ['infra/local/asl/map.ts', '../main-2.ts'],
  'nobody-imports-the-runtime': ['lib/cli/demo.ts', '../../infra/local/http.ts'],
  'sdk-only-in-aws-and-lambdas': ['lib/server/finish.ts', '@aws-sdk/client-s3'],
  'prisma-only-in-db': ['lib/server/list.ts', '@prisma/client'],
  'recharts-only-in-charts': ['components/run/chart.ts', 'recharts'],
  'asl-needs-no-io': ['infra/local/asl/io.ts', 'node:fs'],
  'domain-needs-zod-only': ['lib/domain/format.ts', 'commander'],
  'no-cycle': ['lib/server/circle-a.ts', './circle-b.ts'],
};

let tree: string;
let fired: Set<string>;

beforeAll(() => {
  tree = mkdtempSync(path.join(tmpdir(), 'starmap-arrows-'));
  const checkout = path.resolve(import.meta.dirname, '..');
  symlinkSync(path.join(checkout, 'node_modules'), path.join(tree, 'node_modules'));
  const put = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
    writeFileSync(path.join(tree, file), text);
  };
  put(
    'tsconfig.json',
    '{"compilerOptions":{"module":"esnext","moduleResolution":"bundler","allowImportingTsExtensions":true,"noEmit":true}}',
  );
  const config = path.join(checkout, '.dependency-cruiser.mjs');
  for (const [from, to] of Object.values(offences)) {
    if (to.startsWith('.')) put(path.join(path.dirname(from), to), 'export default 1;\n');
  }
  for (const [from, to] of Object.values(offences)) put(from, `import '${to}';\nexport default 1;\n`);
  put('lib/server/circle-b.ts', "import './circle-a.ts';\nexport default 1;\n");
  fired = new Set(cruise(config));
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

test.each(Object.keys(offences))('rule %s fires', (rule) => expect([...fired]).toContain(rule));

test('every rule has an offence here', async () => {
  const { default: config } = await import('../.dependency-cruiser.mjs');
  expect(config.forbidden?.map((rule) => rule.name).sort()).toEqual(Object.keys(offences).sort());
});

function cruise(config: string): string[] {
  const program = path.join(tree, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const args = [program, '--config', config, '--output-type', 'json', 'app', 'components', 'lib', 'lambdas', 'infra'];
  const run = () =>
    execFileSync(process.execPath, args, {
      cwd: tree,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  let out: string;
  try {
    out = run();
  } catch (error) {
    out = (error as { stdout: string }).stdout;
  }
  const report = JSON.parse(out) as { summary: { violations: { rule: { name: string } }[] } };
  return report.summary.violations.map((violation) => violation.rule.name);
}
