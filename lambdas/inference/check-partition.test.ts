import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openChecker, testdata, wordsOf } from './check-package.fixture.ts';

// What of the data does not fit a package.

const { check, checkFolder, close } = openChecker();
afterAll(close);

const outputs = [{ name: 'y', column: 'y' }];

test.each([
  ['flux, q', 'no tensor flux, q (there is no q) for model input x'],
  ['p, q', 'no tensor p, q for model input x'],
  ['flux, short', 'no tensor flux, short (short has 4 samples, flux has 6) for model input x'],
  ['short, flux', 'no tensor short, flux (flux has 6 samples, short has 4) for model input x'],
  ['flux, cube', 'no tensor flux, cube (cube [6, 4, 6, 3] is not one value for each sample) for model input x'],
  ['flux,,zero', 'no tensor flux,,zero (there is no "") for model input x'],
])('columns %s: which one is the matter is said', async (tensor, message) => {
  const described = { inputs: [{ name: 'x', tensor }], outputs };
  expect(wordsOf(await check(described))).toEqual([
    expect.stringContaining(`error input x: ${message}; the file has: `),
  ]);
  const truth = [{ column: 'y', tensor }];
  const named = { inputs: [{ name: 'x', tensor: 'flux' }], outputs, id: tensor, truth };
  const { findings } = await check(named, { onnx: 'divides' });
  const why = message.replace(' for model input x', '');
  expect(findings.slice(0, 2)).toMatchObject(
    ['ids', 'truth of y'].map((use) => ({
      severity: 'warning',
      message: expect.stringContaining(`${why} for the ${use}`),
    })),
  );
});

test('of several ids of which one is missing, none is taken', async () => {
  const data = path.join(testdata, '../formats/objects.fits');
  const described = { inputs: [{ name: 'x', tensor: 'x' }], outputs, id: 'name, plate' };
  const { findings, trial } = await check(described, { onnx: 'divides', data });
  expect(findings).toMatchObject([
    { severity: 'warning', message: expect.stringContaining('no tensor name, plate (there is no plate) for the ids') },
  ]);
  expect(trial?.columns).toEqual(['row', 'y']);
});

test('a text where numbers are needed is one finding', async () => {
  const data = path.join(testdata, '../many-texts.npz');
  for (const tensor of ['name', 'x, name'])
    expect(wordsOf(await check({ inputs: [{ name: 'x', tensor }], outputs }, { onnx: 'divides', data }))).toEqual([
      'error input x: tensor name is text, model input x takes numbers; text serves as id only',
    ]);
});

test('what a file holds that cannot be read is named where something is not found', async () => {
  const described = { inputs: [{ name: 'x', tensor: 'x' }], outputs };
  const words = async (data: string) => wordsOf(await check(described, { data: path.join(testdata, data) })).join();
  expect(await words('../texts.npz')).toMatch(/; the file has: .*; what cannot be read: table, one, objects$/);
  expect(await words('../formats/compressed.fits')).toMatch(
    /; the file has: none that can be read \(.*: tensor SKY: .*fits\.getdata\("compressed\.fits", 1\)\); .*: tensor COMPRESSED_IMAGE: .*; and 1 more\)$/,
  );
});

test('texts of an npz file serve as ids', async () => {
  const data = path.join(testdata, '../many-texts.npz');
  const described = { inputs: [{ name: 'x', tensor: 'x' }], outputs, id: 'name' };
  const { findings, trial } = await check(described, { onnx: 'divides', data, batch: 1_000 });
  expect(findings).toEqual([expect.objectContaining({ severity: 'warning', about: 'column y' })]);
  expect(trial?.rows.slice(0, 2)).toEqual([
    ['0', 'galaxy 0', 'NaN'],
    ['1', 'galaxy 1', '1'],
  ]);
});

test('a truth that is text is named, and how it would be one', async () => {
  const data = path.join(testdata, '../many-texts.npz');
  const described = { inputs: [{ name: 'x', tensor: 'x' }], outputs, truth: [{ column: 'y', tensor: 'name' }] };
  expect(wordsOf(await check(described, { onnx: 'divides', data }))).toEqual([
    'error truth of y: tensor name is text, and a truth is a number; store it as numbers (of classes 0, 1, …, as argmax gives them), or take it out of "truth" in model.json',
  ]);
});

test.each([
  ['ids', { id: 'objects' }, 'error id: '],
  ['a truth', { truth: [{ column: 'y', tensor: 'objects' }] }, 'error truth of y: '],
])('%s that cannot be read are an error, once', async (_, named, begin) => {
  const data = path.join(testdata, '../texts.npz');
  const described = { inputs: [{ name: 'x', tensor: 'names' }], outputs, ...named };
  const words = wordsOf(await check(described, { onnx: 'divides', data })).filter((each) => each.includes('objects'));
  expect(words).toEqual([expect.stringContaining(`${begin}${data}: tensor objects: an array of Python objects`)]);
});

test('what a finding is about is not said twice', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'starmap-check-'));
  try {
    const data = path.join(folder, 'm.txt');
    writeFileSync(data, 'x');
    const { findings } = await check({ inputs: [{ name: 'x', tensor: 'x' }], outputs }, { data });
    const nothing = await checkFolder(folder, null, 4);
    expect([...findings, ...nothing.findings].map(({ about, message }) => [about, message])).toEqual([
      [data, expect.stringMatching(/^not a data file; these are read/)],
      ['model.json', `not in ${folder}`],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
