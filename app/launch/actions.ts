'use server';

import type { ActionResult } from '@/lib/domain/action-result.ts';
import type { LaunchFormInput } from '@/lib/domain/experiment.ts';
import type { LaunchPreview } from '@/lib/domain/launch-preview.ts';
import { launchExperiment, previewLaunch } from '@/lib/server/launch.ts';

/** What the form would launch; checks it as a launch would. */
export async function preview(form: LaunchFormInput): Promise<ActionResult<LaunchPreview>> {
  return previewLaunch(form);
}

/** Launches the experiment: its runs wait in the queue afterwards. */
export async function launch(form: LaunchFormInput): Promise<ActionResult<{ experimentId: string; runIds: string[] }>> {
  return launchExperiment(form);
}
