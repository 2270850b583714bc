import { Failure } from '../failure.ts';
import {
  append,
  Damage,
  line,
  long,
  type Machine,
  make,
  pop,
  popToMark,
  pushGlobal,
  setItems,
  take,
  text,
  top,
  uint,
} from './pickle-machine.ts';
import { isObject, type PickleValue } from './pickle-value.ts';

/** More than the pickle of ten thousand tensors takes. They bound time and memory, whatever a file holds. */
const MAX_PICKLE_BYTES = 16_000_000;
const MAX_STEPS = 500_000;

/**
 * Reads a pickle (protocols 2 to 5) as data, by a list of allowed opcodes and of allowed globals. A global is only a
 * name here, and calling one only keeps its arguments: no code from a file is ever run.
 * https://github.com/python/cpython/blob/main/Lib/pickletools.py
 * @param what begins the messages.
 * @param isAllowed whether a global may occur.
 * @throws UnsupportedFormat naming the global or opcode that is not allowed, PartitionCorrupt where it is no pickle.
 */
export function readPickle(what: string, bytes: Uint8Array, isAllowed: (global: string) => boolean): PickleValue {
  const tooMuch = () => new Failure('UnsupportedFormat', `${what}: it holds more than tensors; save tensors only`);
  if (bytes.length > MAX_PICKLE_BYTES) throw tooMuch();
  const machine: Machine = { bytes, at: 0, stack: [], memo: new Map(), what, isAllowed };
  for (let step = 0; step < MAX_STEPS; step++) {
    const at = machine.at;
    try {
      const code = uint(machine, 1);
      if (code === STOP) return pop(machine);
      const opcode = opcodes.get(code);
      if (!opcode) throw new Failure('UnsupportedFormat', `${what}: ${opcodeName(code)} at byte ${at} is not read`);
      opcode(machine);
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      const message = `${what}: the pickle is damaged at byte ${at} (${error.message})`;
      throw new Failure('PartitionCorrupt', message, { cause: error });
    }
  }
  throw tooMuch();
}

const opcodeName = (code: number) =>
  `pickle opcode ${code > 32 && code < 127 ? `'${String.fromCharCode(code)}'` : `0x${code.toString(16)}`}`;

const STOP = 0x2e;

const constant = (value: PickleValue) => (machine: Machine) => void machine.stack.push(value);
const integer = (size: 1 | 2) => (machine: Machine) => void machine.stack.push(uint(machine, size));
const string = (size: 1 | 4 | 8) => (machine: Machine) => void machine.stack.push(text(machine, uint(machine, size)));
const tuple = (count: number) => (machine: Machine) => {
  const items = Array.from({ length: count }, () => pop(machine)).reverse();
  machine.stack.push({ kind: 'tuple', items });
};
const put = (size: 1 | 4) => (machine: Machine) => void machine.memo.set(uint(machine, size), top(machine));
const get = (size: 1 | 4) => (machine: Machine) => {
  const value = machine.memo.get(uint(machine, size));
  if (value === undefined) throw new Damage('a value is used before it is there');
  machine.stack.push(value);
};

/** Names as in pickletools. What is missing here is not needed for tensors. */
const opcodes = new Map<number, (machine: Machine) => void>([
  [0x80, (machine) => requireProtocol(uint(machine, 1))], // PROTO
  [0x95, (machine) => void take(machine, 8)], // FRAME: its length, which is not needed
  [0x28, (machine) => void machine.stack.push(undefined)], // MARK
  [0x30, (machine) => void machine.stack.pop()], // POP
  [0x31, (machine) => void popToMark(machine)], // POP_MARK
  [0x32, (machine) => void machine.stack.push(top(machine))], // DUP
  [0x4e, constant(null)], // NONE
  [0x88, constant(true)], // NEWTRUE
  [0x89, constant(false)], // NEWFALSE
  [0x4b, integer(1)], // BININT1
  [0x4d, integer(2)], // BININT2
  [0x4a, (machine) => void machine.stack.push(long(machine, 4))], // BININT
  [0x8a, (machine) => void machine.stack.push(long(machine, uint(machine, 1)))], // LONG1
  [0x47, (machine) => void machine.stack.push(float(take(machine, 8)))], // BINFLOAT
  [0x8c, string(1)], // SHORT_BINUNICODE
  [0x58, string(4)], // BINUNICODE
  [0x8d, string(8)], // BINUNICODE8
  [0x29, (machine) => void machine.stack.push({ kind: 'tuple', items: [] })], // EMPTY_TUPLE
  [0x5d, (machine) => void machine.stack.push({ kind: 'list', items: [] })], // EMPTY_LIST
  [0x7d, (machine) => void machine.stack.push({ kind: 'dict', entries: [] })], // EMPTY_DICT
  [0x74, (machine) => void machine.stack.push({ kind: 'tuple', items: popToMark(machine) })], // TUPLE
  [0x85, tuple(1)], // TUPLE1
  [0x86, tuple(2)], // TUPLE2
  [0x87, tuple(3)], // TUPLE3
  [0x61, (machine) => append(machine, [pop(machine)])], // APPEND
  [0x65, (machine) => append(machine, popToMark(machine))], // APPENDS
  [0x73, (machine) => setItems(machine, [pop(machine), pop(machine)].reverse())], // SETITEM
  [0x75, (machine) => setItems(machine, popToMark(machine))], // SETITEMS
  [0x71, put(1)], // BINPUT
  [0x72, put(4)], // LONG_BINPUT
  [0x94, (machine) => void machine.memo.set(machine.memo.size, top(machine))], // MEMOIZE
  [0x68, get(1)], // BINGET
  [0x6a, get(4)], // LONG_BINGET
  [0x63, (machine) => pushGlobal(machine, `${line(machine)}.${line(machine)}`)], // GLOBAL
  [0x93, stackGlobal], // STACK_GLOBAL
  [0x52, make], // REDUCE
  [0x81, make], // NEWOBJ
  [0x62, build], // BUILD
  [0x51, persistent], // BINPERSID
]);

function requireProtocol(protocol: number): void {
  if (protocol < 2 || protocol > 5) throw new Damage(`protocol ${protocol} is unknown`);
}

const float = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);

function stackGlobal(machine: Machine): void {
  const name = pop(machine);
  const module = pop(machine);
  if (typeof name !== 'string' || typeof module !== 'string') throw new Damage('the name of a global is no string');
  pushGlobal(machine, `${module}.${name}`);
}

function build(machine: Machine): void {
  const state = pop(machine);
  const target = top(machine);
  // Plain containers with attributes: the attributes are not needed.
  if (isObject(target)) target.state = state;
}

/** A reference to data beside the pickle, as an object of the global `persistent`. */
function persistent(machine: Machine): void {
  const id = pop(machine);
  machine.stack.push({ kind: 'object', global: PERSISTENT, args: [id], state: undefined });
}

/** Stands for what BINPERSID refers to; no global of Python has this name. */
export const PERSISTENT = '<persistent>';
