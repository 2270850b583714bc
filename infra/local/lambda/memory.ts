import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Resident memory of a process now and at its highest, MB as Lambda counts them (2^20 bytes). From /proc; where there is
 * none, from `ps`, which knows no high-water mark. Undefined once the process is gone.
 */
export function residentMemory(pid: number): { nowMb: number; peakMb: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const kib = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]);
    const [nowMb, peakMb] = [kib('VmRSS') / 1024, kib('VmHWM') / 1024];
    return Number.isNaN(nowMb) ? undefined : { nowMb, peakMb };
  } catch {
    return process.platform === 'linux' ? undefined : residentByPs(pid);
  }
}

function residentByPs(pid: number): { nowMb: number; peakMb: number } | undefined {
  try {
    const nowMb = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
    return Number.isNaN(nowMb) ? undefined : { nowMb, peakMb: nowMb };
  } catch {
    return undefined;
  }
}
