import * as z from 'zod';
import { runStatuses } from './run.ts';

export const runSortKeys = [
  'createdAt',
  'status',
  'durationMs',
  'mapWallMs',
  'throughputBps',
  'costUsd',
  'batchSize',
  'dataBytes',
] as const;
export type RunSortKey = (typeof runSortKeys)[number];

const list = (value: unknown) =>
  (Array.isArray(value) ? value : [value]).flatMap((part) => (typeof part === 'string' ? part.split(',') : []));

/**
 * Which runs a list shows. Reads URL search params as Next hands them over; what cannot be understood falls back to
 * its default, so that an old or mistyped link still shows a list.
 */
export const runsQuery = z.object({
  page: z.coerce.number().int().min(1).catch(1).default(1),
  pageSize: z.coerce.number().int().min(1).max(500).catch(50).default(50),
  sort: z.enum(runSortKeys).catch('createdAt').default('createdAt'),
  order: z.enum(['asc', 'desc']).catch('desc').default('desc'),
  /** `FAILED,STOPPED` or repeated; absent = any. */
  status: z
    .preprocess(
      (value) => list(value).filter((status) => (runStatuses as readonly string[]).includes(status)),
      z.array(z.enum(runStatuses)),
    )
    .transform((statuses) => (statuses.length > 0 ? statuses : undefined))
    .optional(),
  experimentId: z.string().min(1).optional().catch(undefined),
  /** Part of a run's id or label, its experiment's name or its dataset. */
  search: z
    .string()
    .trim()
    .max(200)
    .transform((text) => text || undefined)
    .optional()
    .catch(undefined),
});
export type RunsQuery = z.infer<typeof runsQuery>;
/** What callers may write: every field is optional. */
export type RunsQueryInput = z.input<typeof runsQuery>;
