import { connection } from '../connection.ts';
import type { RunDetail } from '../domain/run.ts';
import { homeOf, livesOn } from '../domain/run-home.ts';
import { BackendError } from '../env.ts';

/**
 * Says where a run lives whose executions, logs and results cannot be read on the services in use; null where they can.
 * Without a connection there is nothing to compare with, and the services' own problem is told.
 */
export function elsewhere(run: Pick<RunDetail, 'resultBucket' | 'executionArn'>): string | null {
  try {
    if (livesOn(run, connection())) return null;
  } catch (error) {
    if (error instanceof BackendError) return null;
    throw error;
  }
  return `This run lives on ${homeOf(run)}. Choose these services in Settings to follow or stop it and to see its log and results; what was measured is kept.`;
}
