import type { ReactNode } from 'react';
import classes from './figure.module.css';

/** A few named values side by side, as a description list. */
export function Figures({ children, small = false }: { children: ReactNode; small?: boolean }) {
  return (
    <dl className={classes.figures} data-small={small || undefined}>
      {children}
    </dl>
  );
}

/** One of them. */
export function Figure({ label, children, note }: { label: string; children: ReactNode; note?: ReactNode }) {
  return (
    <div className={classes.figure}>
      <dt className={classes.label}>{label}</dt>
      <dd className={classes.value}>
        {children}
        {note && <span className={classes.note}>{note}</span>}
      </dd>
    </div>
  );
}
