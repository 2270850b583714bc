import { Radio, Stack } from '@mantine/core';
import { CodeLine } from '@/components/ui/code-line.tsx';
import { Facts } from '@/components/ui/facts.tsx';
import type { StackChoice } from '@/lib/domain/connection-settings.ts';

interface Props {
  stacks: StackChoice[];
  value: string;
  onChange: (name: string) => void;
  error?: string | null;
}

/** The deployments to choose from, and what the chosen one consists of. */
export function StackPicker({ stacks, value, onChange, error }: Props) {
  const chosen = stacks.find(({ name }) => name === value);
  return (
    <Stack gap="xs">
      <Radio.Group label="Stack" value={value} onChange={onChange} error={error}>
        <Stack gap={6} mt={4}>
          {stacks.map(({ name, changedAt }) => (
            <Radio
              key={name}
              value={name}
              label={name}
              description={changedAt ? `Deployed ${changedAt.slice(0, 16).replace('T', ' ')} UTC` : 'As saved'}
            />
          ))}
        </Stack>
      </Radio.Group>
      {chosen && (
        <Facts
          facts={[
            ['Bucket', <CodeLine key="bucket" text={chosen.outputs.Bucket ?? ''} what="the bucket" />],
            ['State machine', <CodeLine key="arn" text={chosen.outputs.StateMachineArn ?? ''} what="the ARN" />],
            [
              'Policy for the dashboard',
              <CodeLine key="policy" text={chosen.outputs.DashboardPolicyArn ?? ''} what="the policy's ARN" />,
            ],
          ]}
        />
      )}
    </Stack>
  );
}
