import type { Series } from '@/lib/domain/series.ts';

/** One row per run and point, in stored units: `x`, `y` with the mean and interval of its point. */
export function seriesCsv(series: readonly Series[], columns: { series: string; x: string; y: string }): string {
  const head = [columns.series, columns.x, 'run_id', columns.y, 'mean', 'bar', 'bar_low', 'bar_high', 'n'];
  const rows = series.flatMap(({ label, points }) =>
    points.flatMap(({ x, raw, mean, bar, n }) =>
      raw.map(({ runId, y }) => [label, x, runId, y, mean, bar?.kind ?? '', bar?.low ?? '', bar?.high ?? '', n]),
    ),
  );
  return rowsCsv([head, ...rows]);
}

/** Lines of RFC 4180. */
export function rowsCsv(rows: (string | number)[][]): string {
  return `${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

function cell(value: string | number): string {
  const text = String(value);
  // A leading =, +, @ or - makes spreadsheets run text as a formula.
  const safe = typeof value === 'string' && /^[=+@-]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
