'use client';

import { useEffect, useRef } from 'react';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import classes from './error-list.module.css';
import { fieldLabels, type LaunchErrors, type LaunchField } from './launch-values.ts';

interface Props {
  /** What happened, when it was not a field's fault alone. */
  message: string | null;
  errors: LaunchErrors;
  /** Grows with each submit: the list takes the focus then. */
  attempt: number;
}

/** Where a link of the list leads. */
export const fieldId = (field: LaunchField) => `launch-${field}`;

/** After a submit that failed: what is wrong, with a way to each field. */
export function ErrorList({ message, errors, attempt }: Props) {
  const box = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each failed submit brings it into view
  useEffect(() => {
    box.current?.focus();
  }, [attempt]);
  const fields = (Object.keys(fieldLabels) as LaunchField[]).filter((field) => errors[field]);
  if (fields.length === 0 && !message) return null;
  return (
    <section ref={box} tabIndex={-1} className={classes.box} aria-label="What is to be corrected">
      <ErrorPanel
        title={fields.length > 0 ? 'Nothing was launched yet: please correct the form' : 'Nothing was launched'}
      >
        {message && fields.length === 0 && message}
        {fields.length > 0 && (
          <ul className={classes.list}>
            {fields.map((field) => (
              <li key={field}>
                <a href={`#${fieldId(field)}`} onClick={(event) => goTo(event, field)}>
                  {fieldLabels[field]}
                </a>
                : {errors[field]}
              </li>
            ))}
          </ul>
        )}
      </ErrorPanel>
    </section>
  );
}

function goTo(event: { preventDefault: () => void }, field: LaunchField): void {
  event.preventDefault();
  const target = document.getElementById(fieldId(field));
  target?.scrollIntoView({ block: 'center' });
  target?.focus({ preventScroll: true });
}
