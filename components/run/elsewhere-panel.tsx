import { Alert } from '@mantine/core';
import { LinkButton } from '@/components/ui/link-button.tsx';

/** Tells that the run's own services are not the ones in use. */
export function ElsewherePanel({ where }: { where: string | null }) {
  if (!where) return null;
  return (
    <Alert color="gray" title="On other services">
      {where}
      <div>
        <LinkButton href="/settings" size="compact-sm" variant="default" mt="xs">
          Open Settings
        </LinkButton>
      </div>
    </Alert>
  );
}
