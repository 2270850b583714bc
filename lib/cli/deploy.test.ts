import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MOTO_KEYS, MOTO_REGION, type Moto, motoAbsent, startMoto } from '../aws/moto.fixture.ts';
import { StackOutputs } from '../domain/deployment.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'starmap-deploy-test-'));
const home = path.join(folder, 'state');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A PATH with Node on it, and a `docker` that does what the script says, if any. */
function pathWith(docker?: string): string {
  const bin = mkdtempSync(path.join(folder, 'bin-'));
  symlinkSync(process.execPath, path.join(bin, 'node'));
  if (docker !== undefined) {
    writeFileSync(path.join(bin, 'docker'), `#!/bin/sh\n${docker}\n`);
    chmodSync(path.join(bin, 'docker'), 0o755);
  }
  return bin;
}

function starmap(args: string[], env: Record<string, string>) {
  const own = {
    NODE_ENV: 'test' as const,
    HOME: path.join(folder, 'nobody'),
    STARMAP_HOME: home,
    AWS_EC2_METADATA_DISABLED: 'true',
    ...env,
  };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const options = { env: own, maxBuffer: 2 ** 24 };
    const child = execFile(process.execPath, ['lib/cli/main.ts', ...args], options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe('what is missing is said, each with its remedy', () => {
  test('no region and no Docker', async () => {
    const { code, stderr } = await starmap(['deploy'], { PATH: pathWith() });
    expect(code).toBe(1);
    expect(stderr).toMatch(/No region is chosen\. Give one, for example --region eu-west-1/);
    expect(stderr).toMatch(/Neither Docker nor Finch was found on the PATH.*Install Docker/);
  });

  test('no credentials, and a Docker that does not answer', async () => {
    const { code, stderr } = await starmap(['deploy', '--region', 'eu-west-1'], { PATH: pathWith('exit 1') });
    expect(code).toBe(1);
    expect(stderr).toMatch(/No AWS credentials were found .* Sign in with "aws sso login"/);
    expect(stderr).toMatch(/docker is installed, but does not answer: start it/);
  });

  test('a profile that does not exist is named', async () => {
    const { code, stderr } = await starmap(['destroy', '--region', 'eu-west-1', '--profile', 'nobody'], {
      PATH: pathWith(),
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/No AWS credentials were found in the profile "nobody"/);
  });

  test('wrong options are all named before anything else', async () => {
    const { code, stderr } = await starmap(['deploy', '--arch', 'mips', '--memory', '2048,20', '--alarm-email', 'me'], {
      PATH: pathWith(),
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /--arch must be arm64 or x86_64\n--memory must be .*\n--alarm-email must be an e-mail address/,
    );
  });
});

test('synth needs no credentials, no Docker and no network', async () => {
  const unreachable = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1' };
  const { code, stdout, stderr } = await starmap(['synth', '--json', '--memory', '1024'], {
    PATH: pathWith(),
    ...unreachable,
  });
  expect(stderr.replace(/^· .*\n/gm, '')).toBe('');
  expect(code).toBe(0);
  const { template } = JSON.parse(stdout) as { template: string };
  expect(Object.keys(JSON.parse(readFileSync(template, 'utf8')).Outputs).sort()).toEqual(
    Object.keys(StackOutputs.shape).sort(),
  );
});

describe.skipIf(motoAbsent !== null)(`deploy and destroy against moto${motoAbsent ? ` (${motoAbsent})` : ''}`, () => {
  let moto: Moto;
  let env: Record<string, string>;
  beforeAll(async () => {
    moto = await startMoto();
    env = {
      // What Docker would build is not built: everything else is the CDK's own doing.
      PATH: pathWith(`test "$1" = inspect && exit 1\nexit 0`),
      // moto finds a template in S3 by this host name only.
      AWS_ENDPOINT_URL: moto.endpoint.replace('127.0.0.1', 'localhost'),
      AWS_REGION: MOTO_REGION,
      AWS_ACCESS_KEY_ID: MOTO_KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: MOTO_KEYS.secretAccessKey,
    };
  });
  afterAll(() => moto.stop());

  test('it shows what there will be and what that costs idle, and does nothing unless told yes', async () => {
    const { code, stderr } = await starmap(['deploy', '--memory', '1024,2048'], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/Account 123456789012, region us-east-1/);
    expect(stderr).toMatch(
      /4 Lambda functions: starmap-inference-1024, starmap-inference-2048, starmap-initialize, starmap-summarize/,
    );
    expect(stderr).toMatch(/storage in S3: 0\.023 USD per GB and month/);
    expect(stderr).toMatch(/alarms on 6 metrics: 0 USD within the 10/);
    expect(stderr).toMatch(/a stack CDKToolkit .* is made first/);
    expect(stderr).toMatch(/There is no terminal to ask at: say so with --yes/);
    const { stderr: after } = await starmap(['destroy', '--yes'], env);
    expect(after).toMatch(/There is no stack starmap in us-east-1 of account 123456789012/);
  });

  test('it prepares the region, deploys, and saves how to reach the stack, for the owner’s eyes only', async () => {
    const { code, stdout, stderr } = await starmap(['deploy', '--yes', '--json', '--memory', '1024,2048'], env);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/Environment aws:\/\/123456789012\/us-east-1 bootstrapped/);
    const { outputs } = JSON.parse(stdout) as { outputs: Record<string, string> };
    const { InferenceFunctionArns } = StackOutputs.parse(outputs);
    expect(Object.keys(InferenceFunctionArns)).toEqual(['1024', '2048']);
    const file = path.join(home, 'aws.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const saved = readFileSync(file, 'utf8');
    expect(JSON.parse(saved)).toMatchObject({
      region: MOTO_REGION,
      profile: null,
      roleArn: null,
      stackName: 'starmap',
      outputs,
    });
    for (const secret of Object.values(MOTO_KEYS)) expect(saved + stdout + stderr).not.toContain(secret);
  });

  test('again, it says that nothing changes', async () => {
    const { code, stderr } = await starmap(['deploy', '--yes', '--memory', '1024,2048'], env);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/The stack starmap is there already/);
    expect(stderr).toMatch(/There were no differences/);
  });

  test('a change is shown before it is made', async () => {
    const { code, stderr } = await starmap(['deploy', '--memory', '2048', '--budget', '7'], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/\[-\] AWS::Lambda::Function Inference1024/);
    expect(stderr).toMatch(/\[~\] AWS::Budgets::Budget Budget/);
    expect(stderr).toMatch(/There is no terminal to ask at/);
  });

  test('destroy says what goes and what stays, takes the stack away and forgets the connection', async () => {
    const asked = await starmap(['destroy'], env);
    expect(asked.code).toBe(1);
    expect(asked.stderr).toMatch(/goes: .*4 Lambda Function/);
    expect(asked.stderr).toMatch(/stays: the bucket \S+ with all datasets, models and results/);
    expect(existsSync(path.join(home, 'aws.json'))).toBe(true);

    const { code, stdout, stderr } = await starmap(['destroy', '--yes', '--json'], env);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ destroyed: true, stack: 'starmap', region: MOTO_REGION });
    expect(existsSync(path.join(home, 'aws.json'))).toBe(false);
    expect((await starmap(['destroy', '--yes'], env)).stderr).toMatch(/There is no stack starmap/);
  });
});
