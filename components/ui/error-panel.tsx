import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { CopyButton } from './copy-button.tsx';
import classes from './error-panel.module.css';

interface Props {
  /** What happened. */
  title: string;
  /** Why, if known, and what to do. */
  children?: ReactNode;
  /** For a report: shown small, to be copied. */
  detail?: string | null;
  /** Retry or the way out. */
  action?: ReactNode;
}

/** An error that stays: what happened, why, what to do, and a detail to copy. */
export function ErrorPanel({ title, children, detail, action }: Props) {
  return (
    <div className={classes.error} role="alert">
      <IconAlertTriangle className={classes.icon} size={18} aria-hidden />
      <div className={classes.body}>
        <p className={classes.title}>{title}</p>
        {children && <div className={classes.text}>{children}</div>}
        {detail && (
          <div className={classes.detail}>
            <code>{detail}</code>
            <CopyButton text={`${title}\n${detail}`} what="the detail" />
          </div>
        )}
        {action && <div className={classes.action}>{action}</div>}
      </div>
    </div>
  );
}
