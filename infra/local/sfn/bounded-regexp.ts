import { createContext, Script } from 'node:vm';
import { ExpressionError } from '../asl/jsonata-functions.ts';

const MAX_MATCH_MS = 1000;
/** A text this short cannot keep even a bad pattern busy for long. */
const HARMLESS_LENGTH = 8;

const sandbox = createContext({ pattern: /x/, text: '' });
const match = new Script('Found = pattern.exec(text)');

/** A RegExp that gives up after a second: the clock of an expression cannot stop a match that backtracks without end. */
export class BoundedRegExp extends RegExp {
  override exec(text: string): RegExpExecArray | null {
    if (text.length <= HARMLESS_LENGTH) return super.exec(text);
    const plain = new RegExp(this.source, this.flags);
    plain.lastIndex = this.lastIndex;
    Object.assign(sandbox, { pattern: plain, text });
    try {
      const found = match.runInContext(sandbox, { timeout: MAX_MATCH_MS }) as RegExpExecArray | null;
      this.lastIndex = plain.lastIndex;
      return found;
    } catch {
      // Nothing but the time limit stops a match.
      throw new ExpressionError('Expression evaluation timeout: Check for infinite loop');
    }
  }
}
