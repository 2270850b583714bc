import { database } from '../db/database.ts';

/** Opens the database and brings it up to date. Throws a DatabaseError in plain words where it cannot be used. */
export async function checkDatabase(): Promise<void> {
  await database();
}
