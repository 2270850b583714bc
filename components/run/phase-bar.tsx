import { formatDuration } from '@/lib/domain/format.ts';
import type { PhasesMs } from '@/lib/domain/phases.ts';
import { phaseLabel, phaseShares } from './bottleneck.ts';
import classes from './phase-bar.module.css';
import palette from './phase-palette.module.css';

/** Phases as one stacked bar, with a list of names, times and shares below it. */
export function PhaseBar({ phases }: { phases: PhasesMs }) {
  const shares = phaseShares(phases);
  if (shares.length === 0) return <p className={classes.nothing}>No phases were measured.</p>;
  return (
    <div className={palette.palette}>
      <div className={classes.bar} aria-hidden="true">
        {shares.map(({ phase, share, ms }) => (
          <span
            key={phase}
            className={classes.part}
            data-phase={phase}
            style={{ flexGrow: share }}
            title={`${phaseLabel[phase]}: ${formatDuration(ms)}`}
          />
        ))}
      </div>
      <ul className={classes.list}>
        {shares.map(({ phase, share, ms }) => (
          <li key={phase}>
            <i className={classes.swatch} data-phase={phase} aria-hidden="true" />
            <span className={classes.name}>{phaseLabel[phase]}</span>
            <span>{formatDuration(ms)}</span>
            <span className={classes.share}>{(share * 100).toFixed(share < 0.1 && share > 0 ? 1 : 0)} %</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
