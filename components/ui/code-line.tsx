import classes from './code-line.module.css';
import { CopyButton } from './copy-button.tsx';

interface Props {
  text: string;
  /** What it is, for the copy button. */
  what: string;
}

/** An id, key, ARN or command: monospace, breaking anywhere, to be copied. */
export function CodeLine({ text, what }: Props) {
  return (
    <span className={classes.line}>
      <code className={classes.code}>{text}</code>
      <CopyButton text={text} what={what} />
    </span>
  );
}
