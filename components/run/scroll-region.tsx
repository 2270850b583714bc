import type { CSSProperties, ReactNode, Ref } from 'react';
import classes from './scroll-region.module.css';

interface Props {
  label: string;
  children: ReactNode;
  className?: string;
  style?: CSSProperties;
  ref?: Ref<HTMLElement>;
}

/** A block that scrolls in itself, and can be scrolled with the keyboard alone. */
export function ScrollRegion({ label, children, className = '', style, ref }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section ref={ref} className={`${classes.region} ${className}`} style={style} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
