import Link from 'next/link';
import classes from './brand.module.css';

/** Name and sign of the product; leads home. */
export function Brand() {
  return (
    <Link href="/" className={classes.brand} aria-label="Starmap, overview">
      <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
        <path className={classes.lines} d="M4 15 L8 6 L13 11 L17 4" />
        <circle cx="4" cy="15" r="2" />
        <circle cx="8" cy="6" r="1.6" />
        <circle cx="13" cy="11" r="1.6" />
        <circle cx="17" cy="4" r="2.2" />
      </svg>
      Starmap
    </Link>
  );
}
