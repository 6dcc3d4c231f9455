import { readFileSync } from 'node:fs';

/**
 * The most memory that this process had resident, in bytes. Where Linux tells of the process itself, that counts: what
 * `resourceUsage` says begins with the memory of whoever started it.
 */
export function peakMemory(): number {
  const kilobytes = process.platform === 'linux' ? ofItself() : process.resourceUsage().maxRSS;
  return kilobytes * 1024;
}

function ofItself(): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
  if (kilobytes === undefined) throw new Error('the system does not tell the memory of this process');
  return Number(kilobytes);
}
