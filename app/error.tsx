'use client';

import { Button } from '@mantine/core';
import { useRouter } from 'next/navigation';
import { startTransition } from 'react';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';

/** Stands where a page could not be shown. The server's log has the cause under the digest. */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  const router = useRouter();
  const retry = () =>
    startTransition(() => {
      router.refresh();
      reset();
    });
  return (
    <div>
      <title>Something went wrong · Starmap</title>
      <PageHeader title="Something went wrong" />
      <ErrorPanel
        title="This page could not be shown"
        detail={error.digest ? `Reference ${error.digest}: the server's output tells the cause under it.` : null}
        action={
          <Button size="xs" onClick={retry}>
            Try again
          </Button>
        }
      >
        Something went wrong while it was being made. What was running goes on: runs and results are not touched. Try
        again; if it stays, restart Starmap with npm start and report the reference.
      </ErrorPanel>
    </div>
  );
}
