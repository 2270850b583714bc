import { DatabaseError } from './database-error.ts';

/**
 * Plain words for an error that says nothing about what was asked of the database, only that it does not answer at the
 * moment: it was restarted, the line is cut, another process holds it for too long. Null for any other error.
 */
export function maybeDatabaseDown(error: unknown): DatabaseError | null {
  if (error instanceof DatabaseError) return error;
  if (!(error instanceof Error)) return null;
  const sign = signs(error).find((each) => down.test(each));
  if (sign === undefined) return null;
  return new DatabaseError(`The database does not answer (${sign}). Starmap goes on as soon as it does.`, {
    cause: error,
  });
}

/** Postgres's classes 08 (connection) and 53 (resources), its shutting down, and what drivers and Prisma call the like. */
const down =
  /^(08...|53...|57P0[1-5]|P1001|P1002|P1008|P1017|P2024|E(CONN(REFUSED|RESET)|TIMEDOUT|PIPE|HOSTUNREACH|NETUNREACH|AI_AGAIN)|ENOTFOUND|ConnectionClosed|DatabaseNotReachable|SocketTimeout|TooManyConnections|SQLITE_BUSY)$|^Connection terminated|^timeout exceeded/;

function signs(error: Error): string[] {
  const { code, meta } = error as {
    code?: unknown;
    meta?: { driverAdapterError?: { cause?: Record<string, unknown> } };
  };
  const cause = meta?.driverAdapterError?.cause ?? {};
  return [cause.originalCode, cause.kind, code, error.message].filter((each) => typeof each === 'string');
}
