import { cellText, columnDigits } from './cell-text.ts';
import classes from './preview-table.module.css';
import { ScrollRegion } from './scroll-region.tsx';

/** A small table of raw values, scrolling in itself. */
export function PreviewTable({ label, columns, rows }: { label: string; columns: string[]; rows: unknown[][] }) {
  const digits = columns.map((_, column) => columnDigits(rows.map((row) => row[column])));
  return (
    <ScrollRegion label={label} className={classes.scroller}>
      <table className={classes.table}>
        <thead>
          <tr>
            {columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a file have no identity but their place
            <tr key={index}>
              {columns.map((name, column) => (
                <td key={name} data-number={typeof row[column] === 'number'}>
                  {cellText(row[column], digits[column] as number)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
