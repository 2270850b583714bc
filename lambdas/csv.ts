import type { ColumnType, ColumnValues } from './parquet-file.ts';

/** The header line of a CSV file (RFC 4180, LF line ends). */
export const csvHeader = (names: string[]) => `${names.map(csvText).join(',')}\n`;

/** The first `count` values of the columns as CSV lines. Numbers have as many digits as it takes to get them back. */
export function csvRows(types: ColumnType[], columns: ColumnValues[], count: number): string {
  const texts = columns.map((values, i) => columnTexts(types[i] as ColumnType, values, count));
  const lines = new Array<string>(count);
  for (let row = 0; row < count; row++) {
    let line = texts[0]?.[row] ?? '';
    for (let i = 1; i < texts.length; i++) line += `,${texts[i]?.[row]}`;
    lines[row] = line;
  }
  return `${lines.join('\n')}\n`;
}

function columnTexts(type: ColumnType, values: ColumnValues, count: number): string[] {
  const texts = new Array<string>(count);
  if (type === 'STRING') {
    let last: string | undefined;
    let quoted = '';
    for (let i = 0; i < count; i++) {
      const value = values[i] as string;
      // Rows of one file follow each other, so the same text is escaped once.
      if (value !== last) quoted = csvText(value);
      last = value;
      texts[i] = quoted;
    }
  } else if (type === 'FLOAT') for (let i = 0; i < count; i++) texts[i] = float32Text(values[i] as number);
  else for (let i = 0; i < count; i++) texts[i] = String(values[i]);
  return texts;
}

/**
 * The shortest decimal that gives the same 32-bit float. A decimal of 6 to 9 digits k × 10^-m, with k and 10^m exact in
 * a double, is the double nearest to it after one division, and `String` writes that as short as it was.
 */
export function float32Text(value: number): string {
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  // Beyond, 10^m is not exact; 0, NaN and infinities end here too.
  if (!(exponent > -13 && exponent < 6)) return wideFloat32Text(value);
  for (let digits = 6; digits <= 9; digits++) {
    const power = POWERS[digits - 1 - exponent] as number;
    const short = Math.round(value * power) / power;
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);

function wideFloat32Text(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number.isFinite(value) ? Number(value.toPrecision(9)) : value);
}

const csvText = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
