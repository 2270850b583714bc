/** Something the person at the terminal can put right: shown as a sentence, exit code 1. */
export class UserError extends Error {
  override name = 'UserError';
}
