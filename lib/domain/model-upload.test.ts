import { expect, test } from 'vitest';
import { folderNameOf } from './model-upload.ts';

test.each([
  ['My galaxies, second try', 'My-galaxies-second-try'],
  ['Müller’s modèle', 'Muller-s-modele'],
  ['..hidden', 'hidden'],
  [`${'x'.repeat(99)} second try`, 'x'.repeat(99)],
  ['модель', ''],
])('%s goes into the folder "%s"', (name, folder) => expect(folderNameOf(name)).toBe(folder));
