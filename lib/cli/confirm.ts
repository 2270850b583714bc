import { createInterface } from 'node:readline/promises';
import { UserError } from './user-error.ts';

/**
 * Asks yes or no on the terminal; anything but yes is no.
 * @throws UserError where there is nobody to ask.
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UserError(`${question} There is no terminal to ask at: say so with --yes.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
