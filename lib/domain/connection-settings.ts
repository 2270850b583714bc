import * as z from 'zod';
import { awsRegion, roleArn, SavedAws } from './saved-connection.ts';

/** A setting of the connection as the page shows it. */
export interface Setting<T> {
  value: T;
  /** The variable of the environment that fixes it: then the page cannot change it. */
  fixedBy: string | null;
}

/** A stack that can be connected to. */
export interface StackChoice {
  name: string;
  outputs: Record<string, string>;
  changedAt: string | null;
}

/** What the settings page starts from. Holds names only, never a key. */
export interface ConnectionSettings {
  backend: Setting<'local' | 'aws'>;
  region: Setting<string>;
  /** '' = AWS's usual chain. */
  profile: Setting<string>;
  /** '' = none. */
  roleArn: string;
  /** The variable of the environment that names the deployment: then none can be chosen. */
  deploymentFixedBy: string | null;
  /** AWS_ENDPOINT_URL. */
  endpoint: string | null;
  stack: StackChoice | null;
  profiles: string[];
  /** What is wrong with what was saved, in words. */
  problem: string | null;
}

const orNull = (schema: z.ZodType<string, string>) =>
  z
    .string()
    .trim()
    .transform((text) => (text === '' ? null : text))
    .pipe(z.union([z.null(), schema]));

/** As whom and where, from the form's fields. */
export const AccountChoice = z.object({
  region: awsRegion,
  profile: orNull(z.string()),
  roleArn: orNull(roleArn),
});
export type AccountInput = z.input<typeof AccountChoice>;

/** All that is saved. */
export const AwsChoice = z.object({
  ...AccountChoice.shape,
  stackName: SavedAws.shape.stackName,
  outputs: SavedAws.shape.outputs,
});
export type AwsInput = z.input<typeof AwsChoice>;
