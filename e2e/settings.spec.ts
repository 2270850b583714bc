import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { Page } from '@playwright/test';
import { deployToMoto, MOTO_REGION, type Moto, motoAbsent, startMoto } from '../lib/aws/moto.fixture.ts';
import { type RunningStack, startStarmap } from './stack.ts';
import { expect, test } from './test.ts';

test('local services are in use; a choice that cannot work is refused by its field and changes nothing', async ({
  page,
}) => {
  await page.goto('/settings');
  await expect(page.getByRole('radio', { name: 'Local runtime' })).toBeChecked();
  await expect(page.getByRole('region', { name: 'Services' }).getByText('Answers', { exact: true })).toBeVisible();
  await page.getByRole('radio', { name: 'AWS' }).check();
  await expect(page.getByRole('button', { name: 'Test connection' })).toBeDisabled();
  await expect(page.getByRole('button', { name: /^Save/ })).toBeDisabled();

  await page.getByLabel('Region').fill('Ireland');
  await page.getByRole('button', { name: 'Find stacks' }).click();
  await expect(page.getByLabel('Region')).toHaveAttribute('aria-invalid', 'true');

  await page.getByLabel('Region').fill('eu-west-1');
  await page.getByRole('combobox', { name: 'Profile' }).fill('nobody-of-this-name');
  await page.getByRole('button', { name: 'Find stacks' }).click();
  await expect(page.getByText(/nobody-of-this-name/).first()).toBeVisible();
  await expect(page.getByRole('combobox', { name: 'Profile' })).toHaveAttribute('aria-invalid', 'true');

  await page.reload();
  await expect(page.getByRole('radio', { name: 'Local runtime' })).toBeChecked();
});

// moto checks keys, signatures and the actions that policies allow; see moto.fixture.ts.
test.describe('AWS', () => {
  test.skip(motoAbsent !== null, motoAbsent ?? '');
  test.describe.configure({ mode: 'serial' });

  let folder: string;
  let moto: Moto;
  let stack: RunningStack;
  let env: NodeJS.ProcessEnv;
  /** All that left Starmap: bodies of answers, output of commands. */
  const told: { from: string; text: Buffer }[] = [];
  const secrets: string[] = [];

  test.beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'starmap-settings-'));
    moto = await startMoto();
    await deployToMoto(moto, 'Starmap');
    const keys = { narrow: await keysOf(moto, 'narrow', DENIED), full: await keysOf(moto, 'full'), gone: unknownKeys };
    secrets.push(...Object.values(keys).flatMap((each) => Object.values(each)));
    writeCredentials(keys);
    await moto.checkRights();
    const home = path.join(folder, 'home');
    mkdirSync(home);
    const others = Object.entries(process.env).filter(([name]) => !/^(AWS_|STARMAP_)/.test(name));
    env = {
      ...Object.fromEntries(others),
      NODE_ENV: 'production',
      STARMAP_HOME: home,
      AWS_ENDPOINT_URL: moto.endpoint,
      AWS_SHARED_CREDENTIALS_FILE: path.join(folder, 'credentials'),
      AWS_CONFIG_FILE: path.join(folder, 'config'),
    };
    stack = await startStarmap(env);
  });
  test.afterAll(async () => {
    // Behind the line that it is ready: why a page was answered with an error is said there only.
    const [, ...said] = stack?.printed().split('\n') ?? [];
    if (said.length > 0) console.log(said.join('\n'));
    await stack?.stop();
    await moto?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  test.beforeEach(({ page }) => {
    page.on('response', async (response) => {
      const text = await response.body().catch(() => null);
      if (text) told.push({ from: response.url(), text });
    });
  });

  test('keys that AWS does not know: said once, with what to do; nothing else is tried', async ({ page }) => {
    await choose(page, 'gone');
    await page.getByRole('button', { name: 'Find stacks' }).click();
    await expect(page.getByText(/does not accept the keys of the profile gone/).first()).toBeVisible();
    await expect(page.getByRole('radio', { name: 'Starmap' })).toHaveCount(0);
  });

  test('each right is tested; what is missing is named with its remedy; it can be saved all the same', async ({
    page,
  }) => {
    await choose(page, 'narrow');
    await page.getByRole('button', { name: 'Find stacks' }).click();
    await expect(page.getByRole('radio', { name: 'Starmap' })).toBeChecked();
    await expect(page.getByText('starmap-data', { exact: true })).toBeVisible();
    await page.getByRole('button', { name: 'Test connection' }).click();
    await expect(page.getByText(/^\d+ of \d+ granted, 2 missing/)).toBeVisible();
    const missing = page.getByRole('list', { name: 'Rights of the connection' }).locator('[data-verdict=missing]');
    await expect(missing).toContainText([
      'Allow s3:PutObject on arn:aws:s3:::starmap-data/datasets/*.',
      'Allow s3:AbortMultipartUpload on arn:aws:s3:::starmap-data/datasets/*.',
    ]);
    await page.getByRole('button', { name: 'Save anyway' }).click();
    await expect(page.getByText('Saved. It is in use now.')).toBeVisible();
    await expect(page.getByText(`AWS ${MOTO_REGION} · narrow`).first()).toBeVisible();
  });

  test('with all rights granted the test passes, and stays so after a reload', async ({ page }) => {
    await choose(page, 'full');
    await page.getByRole('button', { name: 'Find stacks' }).click();
    await page.getByRole('button', { name: 'Test connection' }).click();
    // Five calls are such as moto does not answer as AWS does.
    await expect(page.getByText('17 of 22 granted, 5 not tested')).toBeVisible();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByText('Saved. It is in use now.')).toBeVisible();
    await page.reload();
    await expect(page.getByRole('radio', { name: 'AWS' })).toBeChecked();
    await expect(page.getByRole('combobox', { name: 'Profile' })).toHaveValue('full');
    await expect(page.getByRole('region', { name: 'Services' }).getByText('Answers', { exact: true })).toBeVisible();
  });

  test('keys that are taken back while in use: a launch fails in words and the form keeps what was entered', async ({
    page,
  }) => {
    await command('model', 'install', 'lambdas/models/photoz', '--out', 's3://starmap-data/models/photoz');
    await command('dataset', '--size', '2MB', '--partition', '1MB', '--out', 's3://starmap-data/datasets/small');
    writeCredentials({ full: unknownKeys });
    const words = /does not know the access key. Sign in again/;
    expect(await command('launch', '--dataset', 'starmap-data/datasets/small')).toMatch(words);
    await page.goto(`${stack.url}/launch`);
    await page.getByLabel('Name').fill('Refused');
    await expect(page.getByRole('button', { name: 'Launch 1 run' })).toBeEnabled();
    // The page was filled with keys that are still held in memory; a test asks for them anew.
    const settings = await page.context().newPage();
    await settings.goto(`${stack.url}/settings`);
    await settings.getByRole('button', { name: 'Test connection' }).click();
    await expect(settings.getByText('0 of 22 granted, 1 missing, 21 not tested')).toBeVisible();
    await expect(settings.getByText(/does not accept the keys of the profile full/)).toBeVisible();
    await page.getByRole('button', { name: 'Launch 1 run' }).click();
    await expect(page.getByText(words).first()).toBeVisible();
    await expect(page.getByLabel('Name')).toHaveValue('Refused');
  });

  test('no key, secret or token was stored, logged or sent to the browser', async ({ page }) => {
    for (const where of ['/', '/runs', '/data', '/launch', '/settings']) {
      await page.goto(`${stack.url}${where}`);
      await page.waitForLoadState('networkidle');
    }
    told.push({ from: 'the output of npm start', text: Buffer.from(stack.printed()) });
    for (const file of filesUnder(String(env.STARMAP_HOME))) told.push({ from: file, text: readFileSync(file) });
    expect(told.map(({ from }) => path.basename(from))).toEqual(
      expect.arrayContaining(['aws.json', 'settings.json', 'starmap.db', 'launch']),
    );
    const leaks = told.filter(({ text }) => secrets.some((secret) => text.includes(secret)));
    expect(leaks.map(({ from }) => from)).toEqual([]);
  });

  function writeCredentials(keys: Record<string, Keys>): void {
    writeFileSync(path.join(folder, 'credentials'), Object.entries(keys).map(profile).join('\n'));
  }

  async function choose(page: Page, name: string): Promise<void> {
    await page.goto(`${stack.url}/settings`);
    await page.getByRole('radio', { name: 'AWS' }).check();
    await page.getByRole('combobox', { name: 'Profile' }).fill(name);
    await page.getByLabel('Region').fill(MOTO_REGION);
    await page.getByLabel('Role to assume').click();
  }

  /** One CLI command against this stack. @returns all that it printed. */
  async function command(...args: string[]): Promise<string> {
    const result = await promisify(execFile)(process.execPath, ['lib/cli/main.ts', ...args], { env }).catch(
      (failed: { stdout: string; stderr: string }) => failed,
    );
    const text = result.stdout + result.stderr;
    told.push({ from: `starmap ${args[0]}`, text: Buffer.from(text) });
    return text;
  }
});

const DENIED = ['s3:PutObject', 's3:AbortMultipartUpload'];

interface Keys {
  id: string;
  secret: string;
  token?: string;
}

const unknownKeys: Keys = { id: 'AKIAGONEGONEGONEGONE', secret: 'gone-secret-0d1f6b22a9' };

const profile = ([name, { id, secret, token }]: [string, Keys]) =>
  [
    `[${name}]`,
    `aws_access_key_id = ${id}`,
    `aws_secret_access_key = ${secret}`,
    ...(token ? [`aws_session_token = ${token}`] : []),
  ].join('\n');

/** Temporary keys of a role of its own, as a sign-in gives them: everything is allowed, or all but `denied`. */
async function keysOf(moto: Moto, role: string, denied: string[] = []): Promise<Keys> {
  const document = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
  const rights = [{ Effect: 'Allow', Action: '*' }, ...(denied.length > 0 ? [{ Effect: 'Deny', Action: denied }] : [])];
  const TemplateBody = JSON.stringify({
    Resources: {
      role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: role,
          AssumeRolePolicyDocument: document({
            Effect: 'Allow',
            Principal: { AWS: '*' },
            Action: 'sts:AssumeRole',
          }),
        },
      },
      policy: {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: {
          Roles: [{ Ref: 'role' }],
          PolicyDocument: document(...rights.map((right) => ({ ...right, Resource: '*' }))),
        },
      },
    },
  });
  await new CloudFormationClient(moto.client).send(
    new CreateStackCommand({ StackName: role, TemplateBody, Capabilities: ['CAPABILITY_NAMED_IAM'] }),
  );
  const RoleArn = `arn:aws:iam::123456789012:role/${role}`;
  const { Credentials } = await new STSClient(moto.client).send(
    new AssumeRoleCommand({ RoleArn, RoleSessionName: 'lab' }),
  );
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {};
  return { id: String(AccessKeyId), secret: String(SecretAccessKey), token: String(SessionToken) };
}

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile());
