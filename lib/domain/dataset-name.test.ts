import { expect, test } from 'vitest';
import { nameAmong } from './dataset-name.ts';

test('datasets of one name are told apart by as much of their place as it takes; others keep their name', () => {
  const all = [
    { id: 'starmap/datasets/team-a/sdss', name: 'sdss' },
    { id: 'starmap/datasets/team-b/sdss', name: 'sdss' },
    { id: 'starmap/datasets/copy', name: 'sdss' },
    { id: 'starmap/datasets/stars', name: 'Stars of DR17' },
  ];
  expect(all.map((each) => nameAmong(each, all))).toEqual(['team-a/sdss', 'team-b/sdss', 'copy', 'Stars of DR17']);
});
