import * as z from 'zod';
import { itemStatuses } from './run.ts';

/** Which rows of a run's partitions table are shown; read from URL search params like `runsQuery`. */
export const runItemsQuery = z.object({
  page: z.coerce.number().int().min(1).catch(1).default(1),
  pageSize: z.coerce.number().int().min(1).max(1000).catch(100).default(100),
  sort: z.enum(['rank', 'durationMs', 'status', 'sizeBytes']).catch('rank').default('rank'),
  order: z.enum(['asc', 'desc']).catch('asc').default('asc'),
  status: z.enum(itemStatuses).optional().catch(undefined),
  /** Part of a file's key, or a rank. */
  search: z
    .string()
    .trim()
    .max(1024)
    .transform((text) => text || undefined)
    .optional()
    .catch(undefined),
});
export type RunItemsQuery = z.infer<typeof runItemsQuery>;
export type RunItemsQueryInput = z.input<typeof runItemsQuery>;
