import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface RunningStack {
  url: string;
  /** All that it has printed so far, on either stream. */
  printed(): string;
  stop(): Promise<void>;
}

/** Starts Starmap as `npm start` would, on free ports. @param env its whole environment. */
export async function startStarmap(env: NodeJS.ProcessEnv): Promise<RunningStack> {
  const stack = spawn(process.execPath, ['lib/cli/main.ts', 'start', '--json'], {
    env: { ...env, STARMAP_PORT: '0', STARMAP_RUNTIME_PORT: '0' },
  });
  const printed: string[] = [];
  const hear = (line: string) => printed.push(line);
  createInterface({ input: stack.stderr }).on('line', hear);
  const url = await new Promise<string>((resolve, reject) => {
    stack.once('exit', (code) => reject(new Error(`starmap start ended with ${code}:\n${printed.join('\n')}`)));
    createInterface({ input: stack.stdout })
      .on('line', hear)
      .on('line', (line) => line.startsWith('{"ready"') && resolve((JSON.parse(line) as { url: string }).url));
  });
  return {
    url,
    printed: () => printed.join('\n'),
    async stop() {
      const gone = new Promise((resolve) => stack.once('exit', resolve));
      stack.kill('SIGTERM');
      await gone;
    },
  };
}
