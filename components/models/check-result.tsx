import { IconAlertTriangleFilled, IconCircleCheckFilled, IconCircleXFilled } from '@tabler/icons-react';
import { PreviewTable } from '@/components/run/preview-table.tsx';
import { Facts } from '@/components/ui/facts.tsx';
import { Figure, Figures } from '@/components/ui/figure.tsx';
import { formatBytes, formatCount, formatDuration, plural } from '@/lib/domain/format.ts';
import { isUsable, type ModelCheck } from '@/lib/domain/model-check.ts';
import classes from './check-result.module.css';

/** What the check of a model package found, errors first, and the first predictions where it ran. */
export function CheckResult({ check }: { check: ModelCheck }) {
  const { findings, inputs, trial, loadMs, peakRssMb } = check;
  const errors = findings.filter(({ severity }) => severity === 'error');
  const warnings = findings.filter(({ severity }) => severity === 'warning');
  return (
    <div className={classes.result} role="status">
      <Verdict check={check} errors={errors.length} warnings={warnings.length} />
      {findings.length > 0 && (
        <ul className={classes.findings}>
          {[...errors, ...warnings].map(({ severity, about, message }) => (
            <li key={`${about} ${message}`} data-severity={severity}>
              <b>
                {severity === 'error' ? 'Error' : 'Warning'} · {about}
              </b>
              <span>{message}</span>
            </li>
          ))}
        </ul>
      )}
      {trial && (
        <>
          <Figures small>
            <Figure label="Samples per second">{formatCount(Math.round(trial.samplesPerSecond))}</Figure>
            <Figure label="Samples">{formatCount(trial.samples)}</Figure>
            <Figure label="Batches" note={` of ${formatCount(trial.batchSize)}`}>
              {formatCount(trial.batches)}
            </Figure>
            <Figure label="Loaded in">{formatDuration(loadMs ?? 0)}</Figure>
            <Figure label="Peak memory">{formatBytes(peakRssMb * 1e6)}</Figure>
          </Figures>
          <PreviewTable label="First predictions" columns={trial.columns} rows={trial.rows} />
        </>
      )}
      {inputs.length > 0 && (
        <Facts
          facts={inputs.map(({ name, type, shape, source, zeroCopy }): [string, string] => [
            `Input ${name}`,
            `${type} [${shape.map((d) => d || '?').join(', ')}]${source ? ` ← ${source}` : ''}${zeroCopy ? ', read where it was received' : ''}`,
          ])}
        />
      )}
    </div>
  );
}

function Verdict({ check, errors, warnings }: { check: ModelCheck; errors: number; warnings: number }) {
  const { trial } = check;
  if (!isUsable(check))
    return (
      <p className={classes.verdict} data-tone="failed">
        <IconCircleXFilled size={18} aria-hidden /> It does not fit: {plural(errors, 'error')}
      </p>
    );
  if (warnings > 0)
    return (
      <p className={classes.verdict} data-tone="incomplete">
        <IconAlertTriangleFilled size={18} aria-hidden /> It runs, with {plural(warnings, 'warning')}
      </p>
    );
  return (
    <p className={classes.verdict} data-tone="succeeded">
      <IconCircleCheckFilled size={18} aria-hidden />{' '}
      {trial ? `It fits: ${trial.file} ran through` : 'model.json and the graph fit'}
    </p>
  );
}
