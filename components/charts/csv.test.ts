import { expect, test } from 'vitest';
import { seriesCsv } from './csv.ts';

test('every run is a row, with the mean and interval of its point', () => {
  const csv = seriesCsv(
    [
      {
        key: '25',
        label: '25 MB, "small"',
        points: [
          {
            x: 512,
            mean: 2,
            bar: { kind: 'range', low: 1, high: 3 },
            n: 2,
            raw: [
              { runId: 'a', y: 1 },
              { runId: 'b', y: 3 },
            ],
          },
          { x: 1024, mean: 4, bar: null, n: 1, raw: [{ runId: '=c()', y: 4 }] },
        ],
      },
    ],
    { series: 'partition size', x: 'batch_size', y: 'map_wall_ms' },
  );
  expect(csv.split('\r\n')).toEqual([
    'partition size,batch_size,run_id,map_wall_ms,mean,bar,bar_low,bar_high,n',
    '"25 MB, ""small""",512,a,1,2,range,1,3,2',
    '"25 MB, ""small""",512,b,3,2,range,1,3,2',
    `"25 MB, ""small""",1024,'=c(),4,4,,,,1`,
    '',
  ]);
});
