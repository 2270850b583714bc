import path from 'node:path';
import { synthesize } from './cdk.ts';
import { type DeployFlags, parseDeployFlags } from './deploy-flags.ts';
import { planLines, toPlan } from './deploy-plan.ts';

/** `npm run synth`: the CloudFormation template of the deployment. Works without network, credentials and Docker. */
export async function synth(flags: DeployFlags & { json?: boolean }): Promise<void> {
  const { options, given } = parseDeployFlags(flags);
  const { templateFile, template } = await synthesize(options.stack, given, undefined, (step) =>
    console.error(`· ${step}`),
  );
  const plan = toPlan(template);
  if (flags.json) console.log(JSON.stringify({ stack: options.stack, template: templateFile, ...plan }));
  else console.log([...planLines(plan), `Template: ${path.relative('', templateFile)}`].join('\n'));
}
