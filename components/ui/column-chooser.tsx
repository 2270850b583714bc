'use client';

import { ActionIcon, Checkbox, Popover, Stack } from '@mantine/core';
import { IconColumns3 } from '@tabler/icons-react';

interface Props {
  columns: { id: string; header: string }[];
  visibility: Record<string, boolean>;
  onChange: (visibility: Record<string, boolean>) => void;
}

/** Which columns a table shows. The last one stays. */
export function ColumnChooser({ columns, visibility, onChange }: Props) {
  const count = columns.filter(({ id }) => visibility[id]).length;
  return (
    <Popover position="bottom-end" withinPortal shadow="md" transitionProps={{ duration: 80 }} trapFocus>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Choose columns" title="Choose columns">
          <IconColumns3 size={17} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap={8} role="group" aria-label="Columns">
          {columns.map(({ id, header }) => (
            <Checkbox
              key={id}
              size="xs"
              label={header}
              checked={visibility[id] ?? false}
              disabled={count === 1 && visibility[id]}
              onChange={(event) => onChange({ ...visibility, [id]: event.currentTarget.checked })}
            />
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
