import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decimalValue } from './decimal-value.ts';

/** It stands between other bytes, which are none of it. */
const read = (text: string) => decimalValue(Buffer.from(`9${text}9`), 1, 1 + text.length);

const bits = new Float64Array(1);
const nextUp = (value: number) => {
  bits[0] = value;
  const [word = 0n] = new BigInt64Array(bits.buffer);
  return new Float64Array(BigInt64Array.of(word + 1n).buffer)[0] as number;
};

/** All digits of what lies half-way between a double from 2^53 on and the next one: the hardest to round. */
const halfWay = fc
  .double({ min: 2 ** 53, max: 1e29, noNaN: true })
  .map((value) => `${(BigInt(value) + BigInt(nextUp(value))) / 2n}`);
const digits = fc.stringMatching(/^[0-9]{1,24}$/);
const written = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.double({ min: -1e20, max: 1e20, noNaN: true }).map((value) => value.toFixed(16)),
  fc.tuple(digits, digits, fc.integer({ min: -330, max: 330 })).map(([a, b, power]) => `${a}.${b}e${power}`),
  fc.tuple(fc.constantFrom('', '-'), digits).map(([sign, all]) => `${sign}${all}E+3`),
  halfWay,
  halfWay.map((text) => `${text}.0000001`),
  halfWay.map((text) => `${BigInt(text) - 1n}.9999999`),
);

test('it is what Number says of the text, to the last bit, or not known', () => {
  fc.assert(
    fc.property(written, (text) => {
      const value = read(text);
      if (value !== undefined) expect(value, text).toBe(Number(text));
    }),
    { numRuns: 20_000 },
  );
});

test('of numbers as pandas and numpy write them it is known', () => {
  // Beyond, the fewest digits that tell a double may lie half-way to the next one.
  const usual = fc.double({ min: 1e-150, max: 2 ** 53, noNaN: true });
  fc.assert(
    fc.property(usual, (value) => {
      expect(read(String(value))).toBe(value);
      expect(read(`-${value.toExponential(16).replace('+', '')}`)).toBe(-value);
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  ['9007199254740993', 'half-way between two doubles'],
  ['1e999', 'too large'],
  ['1234567890123456789012345678901234567890', 'more digits than two doubles hold'],
])('%s is left to its text: %s', (text) => {
  expect(read(text)).toBeUndefined();
});
