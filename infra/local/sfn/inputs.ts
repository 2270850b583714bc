import * as z from 'zod';
import { AwsError } from '../aws-error.ts';

const page = z.object({
  maxResults: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .default(100)
    .transform((n) => n || 100),
  nextToken: z.string().optional(),
});
/** What is no ARN of the kind is answered with InvalidArn, whatever else may be wrong. */
const arn = (kind: 'stateMachine' | 'execution' | 'mapRun') =>
  z.string().refine((text) => new RegExp(`^arn:aws[a-z-]*:states:[^:]+:\\d{12}:${kind}:.+$`).test(text), {
    params: { code: 'InvalidArn' },
  });
const executionArn = z.object({ executionArn: arn('execution') });
const stateMachineArn = z.object({ stateMachineArn: arn('stateMachine') });
const mapRunArn = z.object({ mapRunArn: arn('mapRun') });

/** Inputs of the API actions, as far as they are read here. */
export const requests = {
  page,
  executionArn,
  stateMachineArn,
  mapRunArn,
  ValidateStateMachineDefinition: z.object({
    definition: z.string(),
    maxResults: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(100)
      .transform((n) => n || 100),
  }),
  CreateStateMachine: z.object({
    name: z.string(),
    definition: z.string(),
    roleArn: z.string(),
  }),
  UpdateStateMachine: z.object({
    stateMachineArn: arn('stateMachine'),
    definition: z.string().optional(),
    roleArn: z.string().optional(),
  }),
  StartExecution: z.object({
    stateMachineArn: arn('stateMachine'),
    name: z.string().optional(),
    input: z.string().optional(),
  }),
  StopExecution: z.object({
    executionArn: arn('execution'),
    error: z.string().max(256).optional(),
    cause: z.string().max(32_768).optional(),
  }),
  ListExecutions: page.extend({
    stateMachineArn: arn('stateMachine').optional(),
    mapRunArn: arn('mapRun').optional(),
    statusFilter: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']).optional(),
    redriveFilter: z.enum(['REDRIVEN', 'NOT_REDRIVEN']).optional(),
  }),
  ListMapRuns: page.extend({ executionArn: arn('execution') }),
  GetExecutionHistory: page.extend({
    executionArn: arn('execution'),
    reverseOrder: z.boolean().default(false),
    includeExecutionData: z.boolean().default(true),
  }),
  UpdateMapRun: z.object({
    mapRunArn: arn('mapRun'),
    maxConcurrency: z.number().int().min(0).optional(),
    toleratedFailureCount: z.number().int().min(0).optional(),
    toleratedFailurePercentage: z.number().min(0).max(100).optional(),
  }),
};

/** @throws AwsError ValidationException that names the field; InvalidArn. */
export function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const badArn = parsed.error.issues.find((issue) => issue.code === 'custom' && issue.params?.code === 'InvalidArn');
  if (badArn) throw new AwsError('InvalidArn', `Invalid Arn: '${String(valueAt(input, badArn.path))}'`);
  const problems = parsed.error.issues.map(
    (issue) => `Value at '${issue.path.join('.')}' failed to satisfy constraint: ${issue.message}`,
  );
  throw new AwsError(
    'ValidationException',
    `${problems.length} validation error${problems.length > 1 ? 's' : ''} detected: ${problems.join('; ')}`,
  );
}

const valueAt = (input: unknown, path: PropertyKey[]): unknown =>
  path.reduce((at, key) => (at as Record<PropertyKey, unknown>)[key], input);
