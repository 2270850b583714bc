import * as z from 'zod';

const arn = (service: string, what: string) =>
  z.string().regex(new RegExp(`^arn:[^:]+:${service}:[^:]+:\\d{12}:.+$`), `must be the ARN of ${what}`);

const json = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue('must be JSON');
        return z.NEVER;
      }
    })
    .pipe(schema);

/** Memory in MB → ARN of the inference function of that size. */
const functionsByMemory = z.record(
  z.string().regex(/^\d+$/, 'must map memory in MB to a function ARN'),
  arn('lambda', 'a function'),
);

/**
 * The outputs of the CloudFormation stack that `infra/cdk` deploys, by output key: the one thing that the stack tells
 * the dashboard. CloudFormation's outputs are strings, so the maps are JSON.
 */
export const StackOutputs = z.object({
  Bucket: z.string().min(3),
  StateMachineArn: arn('states', 'a state machine'),
  InitializeFunctionArn: arn('lambda', 'a function'),
  SummarizeFunctionArn: arn('lambda', 'a function'),
  InferenceFunctionArns: json(functionsByMemory),
  /** Function name without its prefix (`initialize`, `summarize`, `inference-2048`) → log group. */
  LogGroups: json(z.record(z.string(), z.string())),
  DefaultMemoryMb: z.coerce.number().int().min(128).max(10_240),
  /** Managed policies for whoever runs the dashboard: all it does, or looking only. */
  DashboardPolicyArn: z.string(),
  ReadOnlyPolicyArn: z.string(),
});
export type StackOutputs = z.infer<typeof StackOutputs>;
