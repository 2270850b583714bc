/** A statement with its values, in the order of its placeholders. */
export interface Statement {
  sql: string;
  args: (string | number | null)[];
}

/**
 * What Prisma cannot say, or says many times slower: the same in the words of SQLite (sqlite-statements.ts) and of
 * Postgres (postgres-statements.ts). Lists travel as one JSON text; times as `storedTime` writes them.
 */
export interface Statements {
  /** id, name, question, createdAt, form */
  insertExperiment: string;
  /** experiment, createdAt, JSON of NewRun[] → QUEUED runs in their order */
  insertRuns: string;
  /** run, JSON of {rank, keys, sizeBytes}[]; items that are there stay as they are */
  insertItems: string;
  /** run, JSON of {rank, …itemColumns}[]; null or absent = as before */
  changeItems: string;
  /** run → `text`: JSON of [rank, status, durationMs][] by rank */
  itemGrid: string;
  /** JSON of experiment ids, JSON of run ids; both empty = all → `text`: JSON of SplicedRun[] */
  comparedRuns: string;
  /** watcher, seconds, JSON of run ids → `id` of each RUNNING run that it holds now */
  holdRuns: string;
  /** watcher, seconds, startedAt, run → `id` if the run was QUEUED and is its own now */
  beginRun: string;
}

/** Columns of an item that change, with what they hold. */
export const itemColumns = {
  status: 'text',
  samples: 'integer',
  startedAt: 'time',
  stoppedAt: 'time',
  durationMs: 'real',
  modelLoopMs: 'real',
  billedMs: 'real',
  maxMemoryMb: 'real',
  coldStart: 'boolean',
  phasesMs: 'text',
  notANumber: 'integer',
  requestId: 'text',
  logGroup: 'text',
  logStream: 'text',
  error: 'text',
  cause: 'text',
} as const;
