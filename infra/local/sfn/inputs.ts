import { z } from 'zod';
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
const executionArn = z.object({ executionArn: z.string() });
const stateMachineArn = z.object({ stateMachineArn: z.string() });
const mapRunArn = z.object({ mapRunArn: z.string() });

/** Inputs of the API actions, as far as they are read here. */
export const requests = {
  page,
  executionArn,
  stateMachineArn,
  mapRunArn,
  definition: z.object({ definition: z.string() }),
  CreateStateMachine: z.object({
    name: z.string(),
    definition: z.string(),
    roleArn: z.string(),
    type: z.enum(['STANDARD', 'EXPRESS']).default('STANDARD'),
    publish: z.boolean().default(false),
  }),
  UpdateStateMachine: z.object({
    stateMachineArn: z.string(),
    definition: z.string().optional(),
    roleArn: z.string().optional(),
  }),
  StartExecution: z.object({ stateMachineArn: z.string(), name: z.string().optional(), input: z.string().optional() }),
  StopExecution: z.object({
    executionArn: z.string(),
    error: z.string().max(256).optional(),
    cause: z.string().max(32_768).optional(),
  }),
  ListExecutions: page.extend({
    stateMachineArn: z.string().optional(),
    mapRunArn: z.string().optional(),
    statusFilter: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']).optional(),
    redriveFilter: z.enum(['REDRIVEN', 'NOT_REDRIVEN']).optional(),
  }),
  ListMapRuns: page.extend({ executionArn: z.string() }),
  GetExecutionHistory: page.extend({
    executionArn: z.string(),
    reverseOrder: z.boolean().default(false),
    includeExecutionData: z.boolean().default(true),
  }),
  UpdateMapRun: z.object({
    mapRunArn: z.string(),
    maxConcurrency: z.number().int().min(0).optional(),
    toleratedFailureCount: z.number().int().min(0).optional(),
    toleratedFailurePercentage: z.number().min(0).max(100).optional(),
  }),
};

/** @throws AwsError ValidationException that names the field. */
export function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `Value at '${issue.path.join('.')}' failed to satisfy constraint: ${issue.message}`,
  );
  throw new AwsError(
    'ValidationException',
    `${problems.length} validation error${problems.length > 1 ? 's' : ''} detected: ${problems.join('; ')}`,
  );
}
