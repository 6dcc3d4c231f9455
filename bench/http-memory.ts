/**
 * How much memory the service takes for 5 GiB from a pipe, whose length nobody tells it, and for sending them back:
 *
 *     npm run bench:http-memory
 *     node bench/http-memory.ts 256        another size, in MiB
 *
 * curl is the client, on this machine. The bytes are made up and compared as they pass; only the vault is on disk, in the
 * folder for temporary files, and is removed. Exits 1 when the server had more resident than the limit, or gave other
 * bytes back. Needs Linux and curl.
 */
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { curlPlace } from './support/curl.ts';
import { machine } from './support/machine.ts';
import { serve } from './support/serve.ts';
import { table } from './support/table.ts';
import { thereAndBack } from './support/there-and-back.ts';
import type { Taken } from './support/there-and-back.ts';

const MIB = 2 ** 20;
const SIZE = Number(process.argv[2] ?? 5 * 1024) * MIB;
/** Resident memory of the server, in bytes. */
const LIMIT = 250e6;

const folder = await mkdtemp(join(tmpdir(), 'sealroom-bench-'));
try {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < 1.1 * SIZE) throw new Error(`${folder}: fewer than ${1.1 * SIZE} bytes are free there`);
  await using server = await serve(join(folder, 'vault'));
  const place = await curlPlace(server, folder);
  const { upload, download } = await thereAndBack(place, { pid: server.pid, size: SIZE });
  await server.stop();
  say(machine(), `${SIZE / MIB} MiB from a pipe and back; the limit is ${LIMIT / 1e6} MB`, '');
  say(
    table(
      ['request', 'peak resident, MB', 'seconds', 'MB/s', 'processor seconds'],
      [row('upload', upload), row('download', download)],
    ),
  );
  say('', 'What came back was compared with what went in. Processor seconds are of the server.');
  const over = Math.max(upload.peak, download.peak) > LIMIT;
  if (over) say(`MISSED: the server had more than ${LIMIT / 1e6} MB resident`);
  process.exitCode = over ? 1 : 0;
} finally {
  await rm(folder, { recursive: true, force: true });
}

function say(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

function row(name: string, { peak, seconds, processorSeconds }: Taken): string[] {
  const speed = SIZE / 1e6 / seconds;
  return [name, (peak / 1e6).toFixed(0), seconds.toFixed(1), speed.toFixed(0), processorSeconds.toFixed(1)];
}
