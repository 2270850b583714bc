import { axisNumber } from '@/components/charts/axis.ts';
import classes from './figure-table.module.css';

export interface Figure {
  name: string;
  /** Its definition, below the name. */
  meaning?: string;
  /** Text as it is; a number gets four digits, and all of them on hover. */
  value: string | number;
  /** How far apart the figures of its kind are: as many digits as tell them apart. */
  step?: number;
  unit?: string | null;
}

/** Figures below each other, each with its definition. */
export function FigureTable({ label, figures }: { label: string; figures: Figure[] }) {
  return (
    <table className={classes.table} aria-label={label}>
      <tbody>
        {figures.map(({ name, meaning, value, step, unit }) => (
          <tr key={name}>
            <th scope="row">
              {name}
              {meaning && <div className={classes.meaning}>{meaning}</div>}
            </th>
            <td title={typeof value === 'number' ? String(value) : undefined}>
              {typeof value === 'number' ? axisNumber(value, step) : value}
              {unit && ` ${unit}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
