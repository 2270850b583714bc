import type { Metadata } from 'next';
import { Suspense } from 'react';
import { ConnectionForm } from '@/components/settings/connection-form.tsx';
import { BackendFacts, FunctionsTable, PriceFacts, TerminalCommands } from '@/components/settings/panels.tsx';
import { SchemeChoice } from '@/components/shell/scheme-choice.tsx';
import { LoadingPanel } from '@/components/ui/loading.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Panel } from '@/components/ui/panel.tsx';
import { getBackend } from '@/lib/server/backend.ts';
import { readConnectionSettings } from '@/lib/server/connection-settings.ts';
import classes from '../stack.module.css';
import { chooseAws, chooseLocal, findStacks, listRights, testRight } from './actions.ts';

export const metadata: Metadata = { title: 'Settings' };

export default function SettingsPage() {
  return (
    <div className={classes.stack}>
      <PageHeader
        title="Settings"
        context="Which services this installation uses, and what they cost. A change takes effect at once."
      />
      <Panel title="Connection">
        <ConnectionForm
          settings={readConnectionSettings()}
          actions={{ findStacks, listRights, testRight, chooseAws, chooseLocal }}
        />
      </Panel>
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
