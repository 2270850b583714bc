import { parseSize } from '../domain/parse-size.ts';
import { UserError } from './user-error.ts';

/** Bytes of an option that is a size. */
export function sizeOption(option: string, text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined)
    throw new UserError(`${option} must be a size above 0 such as 200MB or 64MiB, not "${text}"`);
  return bytes;
}
