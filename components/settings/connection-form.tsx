'use client';

import { Autocomplete, Button, Group, Radio, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import type { ActionResult } from '@/lib/domain/action-result.ts';
import type { AwsInput, ConnectionSettings } from '@/lib/domain/connection-settings.ts';
import type { ConnectionActions } from './connection-actions.ts';
import { RightsList } from './rights-list.tsx';
import { StackPicker } from './stack-picker.tsx';
import { useConnectionTest } from './use-connection-test.ts';

interface Props {
  settings: ConnectionSettings;
  actions: ConnectionActions;
}

interface Problem {
  title: string;
  message: string;
  fieldErrors: Record<string, string>;
}

/** Which services the dashboard uses: the local runtime, or a deployment on AWS that is found, tested and saved. */
export function ConnectionForm({ settings, actions }: Props) {
  const router = useRouter();
  const test = useConnectionTest(actions);
  const [backend, setBackend] = useState(settings.backend.value);
  const [account, setAccount] = useState({
    region: settings.region.value,
    profile: settings.profile.value,
    roleArn: settings.roleArn,
  });
  const [stacks, setStacks] = useState(settings.stack ? [settings.stack] : []);
  const [stackName, setStackName] = useState(settings.stack?.name ?? '');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState<'find' | 'save' | null>(null);
  const [saved, setSaved] = useState(false);
  const stack = stacks.find(({ name }) => name === stackName);
  const choice: AwsInput = { ...account, stackName, outputs: stack?.outputs ?? {} };
  const fixedDeployment = settings.deploymentFixedBy !== null;

  const change = (field: keyof typeof account) => (value: string) => {
    setAccount((before) => ({ ...before, [field]: value }));
    touched();
  };
  const touched = () => {
    test.clear();
    setProblem(null);
    setSaved(false);
  };
  const attempt = async <T,>(title: string, call: () => Promise<ActionResult<T>>): Promise<T | undefined> => {
    const result = await call().catch(() => unreachable);
    setProblem(result.ok ? null : { title, message: result.message, fieldErrors: result.fieldErrors });
    return result.ok ? result.value : undefined;
  };
  const find = async () => {
    setBusy('find');
    touched();
    const found = await attempt('No stacks were found', () => actions.findStacks(account));
    setBusy(null);
    if (!found) return;
    setStacks(found);
    setStackName(found.some(({ name }) => name === stackName) ? stackName : (found[0]?.name ?? ''));
    if (found.length === 0)
      setProblem({
        title: 'No stacks were found',
        message: `No stack in ${account.region} has the outputs of a Starmap deployment. Deploy one (npm run deploy), or choose the region in which it lies.`,
        fieldErrors: {},
      });
  };
  const runTest = async () => {
    setProblem(null);
    const failed = await test.start(choice);
    if (failed) setProblem({ title: 'The connection cannot be tested', ...failed });
  };
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy('save');
    const done = await attempt('The settings were not saved', () =>
      backend === 'local' ? actions.chooseLocal() : actions.chooseAws(choice),
    );
    setBusy(null);
    if (done === undefined) return;
    setSaved(true);
    router.refresh();
  };
  const error = (field: string) => problem?.fieldErrors[field] ?? null;

  return (
    <form onSubmit={save} noValidate>
      <Stack gap="md">
        {settings.problem && <ErrorPanel title="What was saved cannot be used">{settings.problem}</ErrorPanel>}
        {problem && <ErrorPanel title={problem.title}>{problem.message}</ErrorPanel>}
        <Radio.Group
          label="Services"
          description={settings.backend.fixedBy ? fixedWords(settings.backend.fixedBy) : undefined}
          value={backend}
          onChange={(value) => {
            setBackend(value as typeof backend);
            touched();
          }}
        >
          <Group gap="lg" mt={6}>
            <Radio value="local" label="Local runtime" disabled={settings.backend.fixedBy !== null} />
            <Radio value="aws" label="AWS" disabled={settings.backend.fixedBy !== null} />
          </Group>
        </Radio.Group>
        {backend === 'aws' && fixedDeployment && (
          <Text size="sm">
            The deployment is named by {settings.deploymentFixedBy} in the environment; it cannot be chosen here.
          </Text>
        )}
        {backend === 'aws' && !fixedDeployment && (
          <>
            <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="md">
              <Autocomplete
                label="Profile"
                description={described(settings.profile.fixedBy, "Of ~/.aws; empty = AWS's usual chain")}
                data={settings.profiles}
                disabled={settings.profile.fixedBy !== null}
                value={account.profile}
                onChange={change('profile')}
                error={error('profile')}
              />
              <TextInput
                label="Region"
                description={described(settings.region.fixedBy, 'Of the deployment, such as eu-west-1')}
                disabled={settings.region.fixedBy !== null}
                value={account.region}
                onChange={(event) => change('region')(event.currentTarget.value)}
                error={error('region')}
              />
              <TextInput
                label="Role to assume"
                description="ARN; empty = none"
                value={account.roleArn}
                onChange={(event) => change('roleArn')(event.currentTarget.value)}
                error={error('roleArn')}
              />
            </SimpleGrid>
            {settings.endpoint && (
              <Text size="sm">Calls go to {settings.endpoint}: AWS_ENDPOINT_URL in the environment says so.</Text>
            )}
            <div>
              <Button variant="default" onClick={find} loading={busy === 'find'}>
                Find stacks
              </Button>
            </div>
            {stacks.length > 0 && (
              <StackPicker
                stacks={stacks}
                value={stackName}
                onChange={(name) => {
                  setStackName(name);
                  touched();
                }}
                error={error('stackName')}
              />
            )}
            {test.rights.length > 0 && <RightsList rights={test.rights} running={test.running} />}
          </>
        )}
        <Group gap="sm">
          {backend === 'aws' && !fixedDeployment && (
            <Button variant="default" onClick={runTest} loading={test.running} disabled={!stack}>
              Test connection
            </Button>
          )}
          {settings.backend.fixedBy === null && (
            <Button
              type="submit"
              loading={busy === 'save'}
              disabled={test.running || (backend === 'aws' && !fixedDeployment && !stack)}
              variant={backend === 'local' || fixedDeployment || test.passed ? 'filled' : 'default'}
            >
              {backend === 'local' || fixedDeployment || test.passed ? 'Save' : 'Save anyway'}
            </Button>
          )}
          <Text size="sm" role="status">
            {saved && 'Saved. It is in use now.'}
          </Text>
        </Group>
        <Text size="xs" c="dimmed">
          Saved are names only. Credentials stay where AWS keeps them: Starmap neither stores nor shows them. Runs
          belong to the services they were launched on: they wait while others are in use.
        </Text>
      </Stack>
    </form>
  );
}

const unreachable: ActionResult<never> = {
  ok: false,
  message: 'Starmap itself does not answer: is it still running? Try again.',
  fieldErrors: {},
};

const fixedWords = (variable: string) => `Fixed by ${variable} in the environment; unset it and restart to change it.`;
const described = (fixedBy: string | null, words: string) => (fixedBy ? fixedWords(fixedBy) : words);
