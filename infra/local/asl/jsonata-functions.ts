import { createHash } from 'node:crypto';
import type { IntrinsicEffects } from './intrinsics.ts';
import { seededRandom } from './seeded-random.ts';

/** A failure inside an expression: JSONata puts `message` into the cause. */
export class ExpressionError extends Error {}

const HASHES = new Map([
  ['MD5', 'md5'],
  ['SHA-1', 'sha1'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
]);
/** As many as AWS lets `$range` make. */
const MAX_RANGE = 360_145;
/** Longest text that `$pad` makes: what AWS lets one value of an expression hold, in characters. */
const MAX_PAD = 6_990_256;
export const MEMORY_EXCEEDED = 'Expression evaluation memory limit exceeded: Check for excessive memory usage';

type Argument = unknown;

/**
 * What Step Functions adds to JSONata, and what it takes away. undefined is "nothing", which fails the field.
 * Source: Developer Guide, "Transforming data with JSONata".
 */
export function functionsOf({ random, uuid }: IntrinsicEffects): Record<string, unknown> {
  return {
    partition: (array: Argument, size: Argument) => partition(array, size),
    range: (from: Argument, to: Argument, by: Argument) => range(from, to, by),
    hash: (text: Argument, algorithm: Argument) => hash(text, algorithm),
    random: (seed: Argument) => (seed === undefined ? random() : seededRandom(number(seed, 'random'))),
    uuid: () => uuid(),
    parse: (text: Argument) => parse(text),
    pad: (text: Argument, width: Argument, character: Argument) => pad(text, width, character),
    // A name that is bound to nothing cannot be called: T1006, as on AWS.
    eval: undefined,
  };
}

function partition(array: Argument, size: Argument): unknown {
  if (array === undefined) return undefined;
  const items = Array.isArray(array) ? array : [array];
  const step = Math.trunc(number(size, 'partition'));
  if (step === 0 || items.length === 0) return undefined;
  if (step < 0) throw new ExpressionError('The second argument of the partition function must be above 0');
  return Array.from({ length: Math.ceil(items.length / step) }, (_, index) =>
    items.slice(index * step, (index + 1) * step),
  );
}

function range(from: Argument, to: Argument, by: Argument): unknown {
  if (from === undefined || to === undefined || by === undefined) return undefined;
  const [start, end, step] = [from, to, by].map((each) => Math.trunc(number(each, 'range'))) as [
    number,
    number,
    number,
  ];
  if (step === 0) return undefined;
  const length = Math.floor((end - start) / step) + 1;
  if (!(length > 0)) return undefined;
  if (length > MAX_RANGE) throw new ExpressionError(MEMORY_EXCEEDED);
  return length === 1 ? start : Array.from({ length }, (_, index) => start + index * step);
}

function hash(text: Argument, algorithm: Argument): unknown {
  if (text === undefined || algorithm === undefined) return undefined;
  const name = HASHES.get(String(algorithm));
  if (typeof text !== 'string' || name === undefined)
    throw new ExpressionError(
      `The hash function takes a string and one of ${[...HASHES.keys()].join(', ')}, found ${JSON.stringify(algorithm)}`,
    );
  return createHash(name).update(text).digest('hex');
}

function parse(text: Argument): unknown {
  if (text === undefined) return undefined;
  if (typeof text !== 'string') throw new ExpressionError('The argument of the parse function must be a string');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ExpressionError('The argument of the parse function is not valid JSON');
  }
}

/** JSONata's own `$pad` makes texts of any length. */
function pad(text: Argument, width: Argument, character: Argument): unknown {
  if (text === undefined) return undefined;
  const length = Math.trunc(number(width, 'pad'));
  if (Math.abs(length) > MAX_PAD) throw new ExpressionError(MEMORY_EXCEEDED);
  const source = [...String(text)];
  const characters = [...(character === undefined || character === '' ? ' ' : String(character))];
  const missing = Math.max(0, Math.abs(length) - source.length);
  const padding = Array.from({ length: missing }, (_, index) => characters[index % characters.length]).join('');
  return length < 0 ? padding + source.join('') : source.join('') + padding;
}

function number(value: Argument, where: string): number {
  if (typeof value !== 'number') throw new ExpressionError(`An argument of the ${where} function must be a number`);
  return value;
}
