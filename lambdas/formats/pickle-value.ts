/** What a pickle holds, as data: nothing of it is ever run. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleSequence
  | PickleDict
  | PickleGlobal
  | PickleObject;

export interface PickleSequence {
  kind: 'tuple' | 'list';
  items: PickleValue[];
}
export interface PickleDict {
  kind: 'dict';
  entries: [PickleValue, PickleValue][];
}
/** A class or function by its name, `collections.OrderedDict`. */
export interface PickleGlobal {
  kind: 'global';
  name: string;
}
/** What a global was asked to make: its arguments, and the state that was set afterwards. */
export interface PickleObject {
  kind: 'object';
  global: string;
  args: PickleValue[];
  state: PickleValue | undefined;
}

export const isSequence = (value: PickleValue): value is PickleSequence =>
  kindOf(value) === 'tuple' || kindOf(value) === 'list';
export const isDict = (value: PickleValue): value is PickleDict => kindOf(value) === 'dict';
export const isObject = (value: PickleValue): value is PickleObject => kindOf(value) === 'object';
export const isGlobal = (value: PickleValue): value is PickleGlobal => kindOf(value) === 'global';

/** What a value is, for messages: `an int`, `torch.utils.data.dataset.Subset`. */
export function describeValue(value: PickleValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return 'a bool';
  if (typeof value === 'string') return 'a string';
  if (typeof value === 'bigint') return 'an int';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an int' : 'a float';
  if (value.kind === 'object') return value.global;
  return value.kind === 'global' ? value.name : `a ${value.kind}`;
}

const kindOf = (value: PickleValue) => (typeof value === 'object' && value !== null ? value.kind : undefined);
