import type { ReactNode } from 'react';
import classes from './page-header.module.css';

interface Props {
  title: ReactNode;
  /** One line of context. */
  context?: ReactNode;
  /** The page's primary action, at the right. */
  action?: ReactNode;
}

/** Top of every page. */
export function PageHeader({ title, context, action }: Props) {
  return (
    <header className={classes.header}>
      <div className={classes.words}>
        <h1 className={classes.title}>{title}</h1>
        {context && <div className={classes.context}>{context}</div>}
      </div>
      {action && <div className={classes.action}>{action}</div>}
    </header>
  );
}
