import type { ReactNode } from 'react';
import classes from './panel.module.css';

interface Props {
  title?: ReactNode;
  /** Beside the title, toned down. */
  note?: ReactNode;
  /** At the right of the title. */
  action?: ReactNode;
  children: ReactNode;
  /** Content goes to the edges: tables. */
  flush?: boolean;
  /** Accessible name where the title is none. */
  label?: string;
}

/** A titled box of the page. */
export function Panel({ title, note, action, children, flush = false, label }: Props) {
  return (
    <section className={classes.panel} aria-label={label ?? (typeof title === 'string' ? title : undefined)}>
      {(title || action) && (
        <div className={classes.head}>
          <div className={classes.words}>
            {title && <h2 className={classes.title}>{title}</h2>}
            {note && <span className={classes.note}>{note}</span>}
          </div>
          {action}
        </div>
      )}
      <div className={flush ? undefined : classes.body}>{children}</div>
    </section>
  );
}
