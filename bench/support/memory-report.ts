/** What is told of the memory that a service takes for one large file, up and down. */
import { machine } from './machine.ts';
import { say } from './say.ts';
import { table } from './table.ts';
import type { Taken } from './there-and-back.ts';

const MIB = 2 ** 20;

export interface MemoryReport {
  /** Where the bytes went, in words that follow the size. */
  readonly way: string;
  /** What was measured: `server`, `service`. */
  readonly who: string;
  /** Most bytes that may be resident. */
  readonly limit: number;
  /** Bytes of the file. */
  readonly size: number;
  readonly upload: Taken;
  readonly download: Taken;
}

/** Prints it, and has the program end with 1 when the limit was missed. */
export function reportMemory({ way, who, limit, size, upload, download }: MemoryReport): void {
  const row = (name: string, { peak, seconds, processorSeconds }: Taken): string[] => {
    const speed = size / 1e6 / seconds;
    return [name, (peak / 1e6).toFixed(0), seconds.toFixed(1), speed.toFixed(0), processorSeconds.toFixed(1)];
  };
  say(machine(), `${size / MIB} MiB ${way}; the limit is ${limit / 1e6} MB`, '');
  say(
    table(
      ['request', 'peak resident, MB', 'seconds', 'MB/s', 'processor seconds'],
      [row('upload', upload), row('download', download)],
    ),
  );
  say('', `What came back was compared with what went in. Processor seconds are of the ${who}.`);
  const over = Math.max(upload.peak, download.peak) > limit;
  if (over) say(`MISSED: the ${who} had more than ${limit / 1e6} MB resident`);
  process.exitCode = over ? 1 : 0;
}
