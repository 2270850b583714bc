import type { CSSProperties } from 'react';
import classes from './confusion-table.module.css';

interface Props {
  labels: number[];
  /** Row-major, one row per true label. */
  counts: number[];
}

/** How often which label was predicted for which; a cell is as dark as its share of its row. */
export function ConfusionTable({ labels, counts }: Props) {
  const size = labels.length;
  const count = (row: number, column: number) => counts[row * size + column] ?? 0;
  return (
    <figure className={classes.figure}>
      <h4 className={classes.title}>Predicted against true</h4>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls by keyboard */}
      <section className={classes.scroller} tabIndex={0} aria-label="Predicted against true labels">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">true \ predicted</th>
              {labels.map((label) => (
                <th key={label} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {labels.map((label, row) => {
              const all = labels.reduce((sum, _, column) => sum + count(row, column), 0);
              return (
                <tr key={label}>
                  <th scope="row">{label}</th>
                  {labels.map((predicted, column) => (
                    <td
                      key={predicted}
                      data-right={row === column}
                      style={shade(count(row, column) / Math.max(1, all))}
                    >
                      {count(row, column).toLocaleString('en-US')}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </figure>
  );
}

/** At most 70 % of the colour, so that the number stays readable on it. */
const shade = (share: number) => ({ '--share': `${70 * share}%` }) as CSSProperties;
