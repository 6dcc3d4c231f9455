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
import { serve } from './support/serve.ts';
import { reportMemory } from './support/memory-report.ts';
import { thereAndBack } from './support/there-and-back.ts';

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
  reportMemory({ way: 'from a pipe and back', who: 'server', limit: LIMIT, size: SIZE, upload, download });
} finally {
  await rm(folder, { recursive: true, force: true });
}
