import { DatabaseError } from './database-error.ts';
import { Prisma } from './generated/sqlite/client.ts';

/** Extension of a Prisma client, of either kind: where the database does not answer it says so in plain words. */
export const saysWhenDown = Prisma.defineExtension({
  query: { $allOperations: ({ args, query }) => query(args).catch(rethrow) },
});

/** The same for what the driver was asked directly: `.catch(rethrow)`. */
export function rethrow(error: unknown): never {
  throw error instanceof Error ? (maybeDown(error) ?? error) : error;
}

/** Postgres's classes 08 (connection) and 53 (resources), its shutting down, and what drivers and Prisma call the like. */
const codes =
  /^(08...|53...|57P0[1-5]|P1001|P1002|P1008|P1017|P2024|E(CONN(REFUSED|RESET)|TIMEDOUT|PIPE|HOSTUNREACH|NETUNREACH|AI_AGAIN)|ENOTFOUND|ConnectionClosed|DatabaseNotReachable|SocketTimeout|TooManyConnections|SQLITE_BUSY)$/;
/** For which the driver of Postgres has no code. */
const words = /^(Connection terminated|timeout exceeded when trying to connect)/;

/**
 * An error that says nothing about what was asked, only that the database does not answer at the moment: it was
 * restarted, the line is cut, another process holds it for too long.
 */
function maybeDown(error: Error): DatabaseError | undefined {
  const { code, meta } = error as { code?: string; meta?: { driverAdapterError?: { cause?: Record<string, string> } } };
  const { originalCode, kind } = meta?.driverAdapterError?.cause ?? {};
  const sign = words.test(error.message)
    ? error.message
    : [originalCode, kind, code].find((each) => each !== undefined && codes.test(each));
  if (sign === undefined) return undefined;
  return new DatabaseError(`The database does not answer (${sign}). Starmap goes on as soon as it does.`, {
    cause: error,
  });
}
