import { IconMapQuestion } from '@tabler/icons-react';
import type { Metadata } from 'next';
import { EmptyState } from '@/components/ui/empty-state.tsx';
import { LinkButton } from '@/components/ui/link-button.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';

export const metadata: Metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <div>
      <PageHeader title="Not found" />
      <EmptyState
        icon={IconMapQuestion}
        title="There is nothing at this address"
        action={<LinkButton href="/">Go to the overview</LinkButton>}
      >
        It may have been deleted, or the link is not whole. Runs and experiments keep their addresses as long as they
        exist.
      </EmptyState>
    </div>
  );
}
