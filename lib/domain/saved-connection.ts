import * as z from 'zod';
import { StackOutputs } from './deployment.ts';

/** `settings.json` of the state folder: which services are used where the environment does not say. */
export const SavedSettings = z.object({ backend: z.enum(['local', 'aws']) });
export type SavedSettings = z.infer<typeof SavedSettings>;

export const awsRegion = z
  .string()
  .trim()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region, such as eu-west-1');
export const roleArn = z
  .string()
  .trim()
  .regex(
    /^arn:[^:]+:iam::\d{12}:role\/.+$/,
    'must be the ARN of a role, such as arn:aws:iam::123456789012:role/starmap',
  );

/**
 * `aws.json` of the state folder: the chosen deployment and as whom to use it. Written by `npm run deploy` and by the
 * settings page; holds names only, never a key.
 */
export const SavedAws = z.object({
  region: awsRegion,
  /** Section of ~/.aws/config; null = AWS's usual chain. */
  profile: z.string().trim().min(1).nullable(),
  /** Role to assume with those credentials; null = none. */
  roleArn: roleArn.nullable(),
  stackName: z.string().min(1),
  /** As CloudFormation gives them. */
  outputs: z.record(z.string(), z.string()).superRefine((outputs, context) => {
    for (const { path, message } of StackOutputs.safeParse(outputs).error?.issues ?? [])
      context.addIssue({ code: 'custom', path: path.slice(0, 1), message });
  }),
  savedAt: z.string(),
});
export type SavedAws = z.infer<typeof SavedAws>;
