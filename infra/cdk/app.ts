import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import * as z from 'zod';
import { deployOptions } from '../../lib/domain/deploy-options.ts';
import { makeStack } from './starmap-stack.ts';

/**
 * The CDK app. `npm run deploy` and `npm run synth` start it with the options as JSON in the context `starmap`; without
 * any it synthesizes the default deployment. Account and region come from the CDK CLI; without them the template fits any.
 */
const app = new App({
  analyticsReporting: false,
  // Statements of the same resources become one: policies stay far from IAM's limits on their size.
  postCliContext: { '@aws-cdk/aws-iam:minimizePolicies': true },
});
const given: unknown = app.node.tryGetContext('starmap');
const parsed = deployOptions.safeParse(typeof given === 'string' ? JSON.parse(given) : (given ?? {}));
if (!parsed.success) fail(`Wrong options of the deployment:\n${z.prettifyError(parsed.error)}`);

const bundles = fileURLToPath(new URL('../../dist/lambdas', import.meta.url));
if (!existsSync(`${bundles}/initialize/index.mjs`))
  fail('The functions are not bundled yet: run npm run synth, or node lambdas/build.mjs.');

const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
makeStack(app, parsed.data, { bundles, ...(account && region && { env: { account, region } }) });
app.synth();

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
