import { spawn } from 'node:child_process';
import { build } from './build.ts';
import { root } from './step.ts';

/** `npm run bench`: builds what is out of date, then hands over to bench/main.ts. */
export async function bench(names: string[], options: { json?: boolean }): Promise<void> {
  await build((step) => console.error(`· ${step}`));
  const args = ['bench/main.ts', ...names, ...(options.json ? ['--json'] : [])];
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  process.exitCode = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}
