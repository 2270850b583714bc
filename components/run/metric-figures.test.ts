import { expect, test } from 'vitest';
import { predictionMetrics } from '@/lib/domain/run-summary.ts';
import { errorFigures } from './metric-figures.ts';

const measured = (redshifts: number) =>
  predictionMetrics.parse({
    column: 'z_pred',
    truth: 'z',
    unit: null,
    n: 20_000,
    mae: 0.2,
    mse: 0.1,
    bias: 0,
    precision: 0.3,
    nmad: 0.3,
    r2: 0.7,
    mae_of_mean: 0.4,
    redshift: { n: redshifts, nmad: 0.1, outlier_share: 0.25 },
    density: { bins: 1, range: [0, 1], counts: [20_000] },
  });
const meaningOf = (name: string, redshifts: number) =>
  errorFigures(measured(redshifts)).find((figure) => figure.name === name)?.meaning;

test.each(['NMAD of Δz/(1+z)', 'Outliers'])('%s says of how many samples it is where that is not all', (name) => {
  expect(meaningOf(name, 20_000)).not.toContain('samples');
  expect(meaningOf(name, 19_053)).toContain('; of the 19,053 samples with true > −1');
});
