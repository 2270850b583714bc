import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPickle } from './pickle.ts';
import type { PickleValue } from './pickle-value.ts';

const read = (bytes: ArrayLike<number>, allowed = ['collections.OrderedDict', 'torch.Size']) =>
  readPickle('1.pt: data.pkl', Uint8Array.from(bytes), (name) => allowed.includes(name));
const latin1 = (text: string) => Buffer.from(text, 'latin1');

// Written by Python 3.11: pickle.dumps(value, protocol).
test.each<[string, string, PickleValue]>([
  ['an int, protocol 2', '\x80\x02J\x00\x00\x00\x80.', -2147483648],
  ['a long', '\x80\x02\x8a\x05\x00\x00\x00\x00\x01.', 2 ** 32],
  ['a long beyond double', '\x80\x02\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x40.', 2n ** 70n],
  ['a float', '\x80\x02G\xbf\xf8\x00\x00\x00\x00\x00\x00.', -1.5],
  ['text in UTF-8', '\x80\x02X\x02\x00\x00\x00\xc3\xa9q\x00.', 'é'],
  [
    'the same list twice, by the memo',
    '\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00]\x94K\x01ah\x00\x86\x94.',
    {
      kind: 'tuple',
      items: [
        { kind: 'list', items: [1] },
        { kind: 'list', items: [1] },
      ],
    },
  ],
  [
    'a dict',
    '\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01K\x01X\x01\x00\x00\x00bq\x02Nu.',
    {
      kind: 'dict',
      entries: [
        ['a', 1],
        ['b', null],
      ],
    },
  ],
  [
    'an OrderedDict',
    '\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01K\x01K\x02s.',
    { kind: 'dict', entries: [[1, 2]] },
  ],
])('%s', (_, pickle, value) => {
  expect(read(latin1(pickle))).toEqual(value);
});

test.each([
  ['os.system by GLOBAL', 'cos\nsystem\n(X\x04\x00\x00\x00truetR.', 'os.system'],
  ['eval by STACK_GLOBAL', '\x80\x04\x8c\x08builtins\x8c\x04eval\x93.', 'builtins.eval'],
  ['a name that hides in another', 'ccollections\nOrderedDict.__init__\n.', 'collections.OrderedDict.__init__'],
  ['a module that hides in another', 'cposix\nsystem\n.', 'posix.system'],
])('%s is refused with its name', (_, pickle, name) => {
  expect(() => read(latin1(pickle))).toThrow(
    expect.objectContaining({
      name: 'UnsupportedFormat',
      message: expect.stringContaining(`1.pt: data.pkl: it holds ${name},`),
    }),
  );
});

test.each([
  ['INST', 'i', "pickle opcode 'i' at byte 2"],
  ['OBJ', 'o', "pickle opcode 'o' at byte 2"],
  ['EXT1', '\x82\x01', 'pickle opcode 0x82 at byte 2'],
  ['PERSID (text)', 'P1\n', "pickle opcode 'P' at byte 2"],
  ['BYTEARRAY8', '\x96', 'pickle opcode 0x96 at byte 2'],
])('the opcode %s is refused with its place', (_, opcode, message) => {
  expect(() => read(latin1(`\x80\x02${opcode}.`))).toThrow(message);
});

test('a pickle that would take memory or time without end is refused', () => {
  const bomb = (piece: string, count: number) => latin1(`\x80\x02${piece.repeat(count)}.`);
  expect(() => read(bomb(']', 600_000))).toThrow('more than tensors');
  expect(() => read(bomb('N', 17_000_000))).toThrow('more than tensors');
  expect(() => read(latin1('\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.'))).toThrow('needed are');
  expect(() => read(latin1('\x80\x02\x8a\xff'))).toThrow('an int of 255 bytes');
});

/** Every opcode that there is, so that random streams get deep into the reader. */
const opcodes = latin1('\x80\x95(012N\x88\x89KMJ\x8aG\x8cX\x8d)]}t\x85\x86\x87aesuqr\x94hjc\x93R\x81bQ.').toJSON().data;
const pieces = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...opcodes).map((code) => [code]) },
  { weight: 2, arbitrary: fc.constantFrom(...'0123456789').map((digit) => [0x4b, Number(digit)]) },
  { weight: 1, arbitrary: fc.constant([...latin1('ccollections\nOrderedDict\n)R')]) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 6 }).map((bytes) => [...bytes]) },
);

test('whatever the bytes are, the reader ends with a value or an error that names the file', () => {
  const stream = fc.oneof(
    fc.array(pieces, { maxLength: 60 }).map((parts) => parts.flat()),
    fc.uint8Array(),
  );
  const outcomes = { values: 0, errors: 0 };
  fc.assert(
    fc.property(stream, (bytes) => {
      try {
        read(bytes);
        outcomes.values++;
      } catch (error) {
        expect((error as Error).name).toMatch(/^(PartitionCorrupt|UnsupportedFormat)$/);
        expect((error as Error).message).toContain('1.pt: data.pkl: ');
        outcomes.errors++;
      }
    }),
    { numRuns: 5_000 },
  );
  expect(outcomes.values).toBeGreaterThan(10);
  expect(outcomes.errors).toBeGreaterThan(1_000);
});
