import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { bundleFunctions } from './build.ts';
import { readableEvent } from './cdk-events.ts';
import type { Template } from './deploy-plan.ts';
import { bin, root, run, StepFailed } from './step.ts';

/** A synthesized deployment. */
export interface Assembly {
  /** What the CDK deploys from. */
  folder: string;
  templateFile: string;
  template: Template;
}

/** Lines of a failed command that are shown. */
const LINES_KEPT = 60;

/**
 * Bundles the functions and turns the CDK app into a template. Needs no network, no credentials and no Docker.
 * @param given options of the deployment as the app takes them
 * @param place account and region, where they are known; without them the template fits any.
 */
export async function synthesize(
  stack: string,
  given: unknown,
  place: { accountId: string; region: string } | undefined,
  say: (step: string) => void,
): Promise<Assembly> {
  await bundleFunctions(say);
  const folder = path.join(root, 'dist/cdk');
  rmSync(folder, { recursive: true, force: true });
  await run('Synthesizing the CDK app', process.execPath, ['infra/cdk/app.ts'], {
    CDK_OUTDIR: folder,
    CDK_CONTEXT_JSON: JSON.stringify({ starmap: given }),
    CDK_DEFAULT_ACCOUNT: place?.accountId ?? '',
    CDK_DEFAULT_REGION: place?.region ?? '',
  });
  const templateFile = path.join(folder, `${stack}.template.json`);
  return { folder, templateFile, template: JSON.parse(readFileSync(templateFile, 'utf8')) as Template };
}

/**
 * Runs the CDK's command line to its end.
 * @param settings profile, region, and the program that builds images
 * @param say told what happens, line by line; events of CloudFormation are put in words.
 */
export async function cdk(
  args: string[],
  settings: { profile: string | null; region: string; builder?: string },
  say: (line: string) => void,
): Promise<void> {
  const profile = settings.profile ? ['--profile', settings.profile] : [];
  const child = spawn(
    process.execPath,
    [bin('aws-cdk', 'bin/cdk'), ...args, ...profile, '--no-notices', '--no-color', '--no-version-reporting'],
    {
      cwd: root,
      env: {
        ...process.env,
        AWS_REGION: settings.region,
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        ...(settings.builder ? { CDK_DOCKER: settings.builder } : {}),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const last: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      last.push(line);
      if (last.length > LINES_KEPT) last.shift();
      const words = readableEvent(line);
      if (words !== undefined) say(words);
    });
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 1));
  });
  if (code !== 0) throw new StepFailed(`cdk ${args[0]} failed (exit ${code}):\n${last.join('\n').trimEnd()}`);
}
