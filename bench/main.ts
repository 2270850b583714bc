import { cpus } from 'node:os';
import { benchNames } from '../lib/cli/bench-names.ts';
import type { BenchResult } from './result.ts';

type BenchName = (typeof benchNames)[number];
const benches: Record<BenchName, () => Promise<{ run(): Promise<BenchResult> }>> = {
  inference: () => import('./inference.ts'),
  runtime: () => import('./runtime.ts'),
  summarize: () => import('./summarize.ts'),
};

const json = process.argv.includes('--json');
// The command line has checked the names.
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--')) as BenchName[];
console.error(
  `${cpus().length} cores, Node ${process.version}. Times are medians within this one run; compare ratios, not machines.`,
);
const figures: Record<string, unknown> = {};
for (const name of asked.length > 0 ? asked : benchNames) {
  console.error(`\n${name}`);
  const { run } = await benches[name]();
  const result = await run();
  const print = json ? console.error : console.log;
  const width = Math.max(...result.rows.map((row) => row.what.length));
  for (const row of result.rows)
    print(`  ${row.what.padEnd(width)}  ${row.value.padStart(16)}  ${row.target ? `target ${row.target}` : ''}`);
  Object.assign(figures, result.figures);
}
if (json) console.log(JSON.stringify(figures));
// Native handles of ONNX Runtime and idle sockets would keep the process alive.
process.exit(0);
