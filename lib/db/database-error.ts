/** The database cannot be used; the message says why and what to do, and holds no password. */
export class DatabaseError extends Error {
  override name = 'DatabaseError';
}
