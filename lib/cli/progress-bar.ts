/**
 * One line that redraws itself on a terminal; elsewhere (a pipe, CI) a line at each tenth, so that logs stay short.
 */
export function progressBar(title: string): {
  update(fraction: number, detail: string): void;
  done(detail: string): void;
} {
  const live = process.stderr.isTTY === true;
  let lastTenth = -1;
  const draw = (fraction: number, detail: string) => {
    const clamped = Math.min(1, Math.max(0, fraction));
    const filled = Math.round(clamped * 24);
    const text = `${title}  ${'█'.repeat(filled)}${'░'.repeat(24 - filled)} ${String(Math.floor(clamped * 100)).padStart(3)} %  ${detail}`;
    if (live) process.stderr.write(`\r\x1b[2K${text}`);
    else if (Math.floor(clamped * 10) > lastTenth) process.stderr.write(`${text}\n`);
    lastTenth = Math.max(lastTenth, Math.floor(clamped * 10));
  };
  return {
    update: draw,
    done(detail) {
      if (live) process.stderr.write(`\r\x1b[2K${title}  ${detail}\n`);
      else process.stderr.write(`${title}  ${detail}\n`);
    },
  };
}
