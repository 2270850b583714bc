import { DatabaseError } from './database-error.ts';

/**
 * Plain words for an error that says nothing about what was asked of the database, only that it does not answer at the
 * moment: it was restarted, the line is cut, another process holds it for too long. Null for any other error, also for
 * one of the same code that comes from elsewhere.
 */
export function maybeDatabaseDown(error: unknown): DatabaseError | null {
  if (error instanceof DatabaseError) return error;
  if (!(error instanceof Error)) return null;
  const { code, meta } = error as { code?: string; meta?: { driverAdapterError?: { cause?: Record<string, string> } } };
  const { originalCode, kind } = meta?.driverAdapterError?.cause ?? {};
  if (error.name.startsWith('PrismaClient')) return downBy(error, [originalCode, kind, code]);
  return downBy(error, [driverWords.test(error.message) ? error.message : undefined]);
}

/** The same for an error that the driver itself threw; any other one is given back. */
export function driverError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return maybeDatabaseDown(error) ?? downBy(error, [(error as { code?: string }).code]) ?? error;
}

/** What Prisma passes on as it is. */
const driverWords = /^(Connection terminated|timeout exceeded when trying to connect|SQLITE_BUSY)/;

/** Postgres's classes 08 (connection) and 53 (resources), its shutting down, and what drivers and Prisma call the like. */
const down =
  /^(08...|53...|57P0[1-5]|P1001|P1002|P1008|P1017|P2024|E(CONN(REFUSED|RESET)|TIMEDOUT|PIPE|HOSTUNREACH|NETUNREACH|AI_AGAIN)|ENOTFOUND|ConnectionClosed|DatabaseNotReachable|SocketTimeout|TooManyConnections)$/;

function downBy(cause: Error, signs: (string | undefined)[]): DatabaseError | null {
  const sign = signs.find((each) => each !== undefined && (down.test(each) || driverWords.test(each)));
  if (sign === undefined) return null;
  return new DatabaseError(`The database does not answer (${sign}). Starmap goes on as soon as it does.`, { cause });
}
