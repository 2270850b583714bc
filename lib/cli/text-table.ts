/** Columns of text, as wide as their longest value. A line break or an escape sequence in a value does nothing to the terminal. */
export function textTable(header: string[], rows: string[][]): string {
  const lines = [header, ...rows].map((line) => line.map(visible));
  const widths = header.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines.map((line) => `  ${line.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd()).join('\n');
}

const visible = (text: string) =>
  text.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
