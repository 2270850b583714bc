import { axisNumber } from '@/components/charts/axis.ts';
import classes from './figure-table.module.css';

export interface Figure {
  name: string;
  /** Its definition, below the name. */
  meaning?: string;
  /** Text as it is; a number gets four digits, and all of them on hover. */
  value: string | number;
  unit?: string | null;
}

/** Figures below each other, each with its definition. */
export function FigureTable({ label, figures }: { label: string; figures: Figure[] }) {
  return (
    <table className={classes.table} aria-label={label}>
      <tbody>
        {figures.map(({ name, meaning, value, unit }) => (
          <tr key={name}>
            <th scope="row">
              {name}
              {meaning && <div className={classes.meaning}>{meaning}</div>}
            </th>
            <td title={typeof value === 'number' ? String(value) : undefined}>
              {typeof value === 'number' ? axisNumber(value) : value}
              {unit && ` ${unit}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
