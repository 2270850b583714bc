import { Failure } from '../failure.ts';
import { isDict, isGlobal, isSequence, type PickleValue } from './pickle-value.ts';

/** Where the reader of a pickle stands. */
export interface Machine {
  bytes: Uint8Array;
  at: number;
  /** Marks are `undefined`. */
  stack: (PickleValue | undefined)[];
  memo: Map<number, PickleValue>;
  /** Begins messages: `datasets/x/3.pt: data.pkl`. */
  what: string;
  isAllowed(global: string): boolean;
}

/** What a pickle that Python wrote cannot hold. */
export class Damage extends Error {}

export function pop({ stack }: Machine): PickleValue {
  const value = stack.pop();
  if (value === undefined) throw new Damage('a value is missing');
  return value;
}

export function top({ stack }: Machine): PickleValue {
  const value = stack.at(-1);
  if (value === undefined) throw new Damage('a value is missing');
  return value;
}

/** Takes the values off down to the last mark, and the mark. */
export function popToMark({ stack }: Machine): PickleValue[] {
  const mark = stack.lastIndexOf(undefined);
  if (mark < 0) throw new Damage('a mark is missing');
  const values = stack.splice(mark).slice(1);
  return values as PickleValue[];
}

export function take(machine: Machine, count: number): Uint8Array {
  const end = machine.at + count;
  if (!(end <= machine.bytes.length)) throw new Damage(`it ends at byte ${machine.bytes.length}, needed are ${end}`);
  const taken = machine.bytes.subarray(machine.at, end);
  machine.at = end;
  return taken;
}

export const uint = (machine: Machine, size: 1 | 2 | 4 | 8): number => {
  const bytes = take(machine, size);
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[i] ?? 0);
  return value;
};

export const text = (machine: Machine, size: number) => new TextDecoder().decode(take(machine, size));

/** Text up to the end of the line, as GLOBAL has it. */
export function line(machine: Machine): string {
  const end = machine.bytes.indexOf(10, machine.at);
  if (end < 0 || end - machine.at > 1_000) throw new Damage('a line has no end');
  const value = text(machine, end - machine.at);
  machine.at++;
  return value;
}

/** A little-endian two's complement integer of any length. */
export function long(machine: Machine, size: number): PickleValue {
  if (size > 64) throw new Damage(`an int of ${size} bytes`);
  let value = 0n;
  for (const byte of take(machine, size).toReversed()) value = value * 256n + BigInt(byte);
  const signed = size === 0 ? 0n : BigInt.asIntN(size * 8, value);
  const small = Number(signed);
  return Number.isSafeInteger(small) ? small : signed;
}

export function pushGlobal(machine: Machine, name: string): void {
  if (!machine.isAllowed(name)) {
    const why = `it holds ${name.slice(0, 200)}, which is neither a tensor nor a container of tensors`;
    throw new Failure(
      'UnsupportedFormat',
      `${machine.what}: ${why}, and code from a file is never run; save tensors only (torch.as_tensor of an array, dataset[:] of a Subset)`,
    );
  }
  machine.stack.push({ kind: 'global', name });
}

export function append(machine: Machine, values: PickleValue[]): void {
  const list = top(machine);
  if (!isSequence(list) || list.kind !== 'list') throw new Damage('values are appended to what is no list');
  // No spread: an argument list as long as a file would overflow the stack.
  for (const value of values) list.items.push(value);
}

export function setItems(machine: Machine, values: PickleValue[]): void {
  const dict = top(machine);
  if (!isDict(dict)) throw new Damage('items are set on what is no dict');
  if (values.length % 2 !== 0) throw new Damage('a key has no value');
  for (let i = 0; i < values.length; i += 2) {
    dict.entries.push([values[i] as PickleValue, values[i + 1] as PickleValue]);
  }
}

/** Calls nothing: an OrderedDict becomes a dict, all else an object that keeps its arguments. */
export function make(machine: Machine): void {
  const args = pop(machine);
  const callee = pop(machine);
  if (!isGlobal(callee)) throw new Damage('what is called is no global');
  if (!isSequence(args) || args.kind !== 'tuple') throw new Damage('the arguments are no tuple');
  if (callee.name === 'collections.OrderedDict' && args.items.length === 0)
    machine.stack.push({ kind: 'dict', entries: [] });
  else machine.stack.push({ kind: 'object', global: callee.name, args: args.items, state: undefined });
}
