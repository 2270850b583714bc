import type { Metadata } from 'next';
import { Suspense } from 'react';
import { SchemeChoice } from '@/components/shell/scheme-choice.tsx';
import { BackendFacts, FunctionsTable, PriceFacts, TerminalCommands } from '@/components/shell/settings-panels.tsx';
import { LoadingPanel } from '@/components/ui/loading.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { getBackend } from '@/lib/server/backend.ts';
import classes from '../stack.module.css';

export const metadata: Metadata = { title: 'Settings' };

export default function SettingsPage() {
  return (
    <div className={classes.stack}>
      <PageHeader
        title="Settings"
        context="What this installation uses. Change it by environment variables and restart."
      />
      <Suspense fallback={<LoadingPanel title="Services" lines={7} />}>
        <Services />
      </Suspense>
      <Panel title="Theme">
        <SchemeChoice />
      </Panel>
      <Panel title="Prices" note="of the bills and estimates">
        <PriceFacts />
      </Panel>
    </div>
  );
}

async function Services() {
  const backend = await getBackend();
  return (
    <>
      <Panel title="Services">
        <BackendFacts backend={backend} />
      </Panel>
      {backend.functions.length > 0 && (
        <Panel title="Functions">
          <FunctionsTable backend={backend} />
        </Panel>
      )}
      <Panel title="From a terminal">
        <TerminalCommands bucket={backend.bucket || 'starmap'} />
      </Panel>
    </>
  );
}
