import { useEffect, useRef } from 'react';
import { ErrorPanel } from './error-panel.tsx';

export interface Refusal {
  message: string;
  fieldErrors: Record<string, string>;
}

interface Props {
  title: string;
  refusal: Refusal | null;
  /** Of the fields that show their error themselves, in the order of the form. */
  labels: Record<string, string>;
  /** Brings a field into view and the focus into it. */
  onGo: (field: string) => void;
}

/** Above a form that was refused: the ways to the fields that say what is wrong with them, or what no field says. */
export function RefusalPanel({ title, refusal, labels, onGo }: Props) {
  const box = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each refusal brings it into view
  useEffect(() => {
    box.current?.focus();
  }, [refusal]);
  if (!refusal) return null;
  const wrong = Object.keys(labels).filter((field) => refusal.fieldErrors[field]);
  return (
    <section ref={box} tabIndex={-1} style={{ outline: 'none' }} aria-label="What is to be corrected">
      <ErrorPanel title={title}>
        {wrong.length === 0
          ? refusal.message
          : wrong.map((field, i) => (
              <span key={field}>
                {i === 0 ? 'To be corrected: ' : ', '}
                <a
                  href={`#${field}`}
                  style={{ color: 'inherit', fontWeight: 600 }}
                  onClick={(event) => {
                    event.preventDefault();
                    onGo(field);
                  }}
                >
                  {labels[field]}
                </a>
              </span>
            ))}
      </ErrorPanel>
    </section>
  );
}
