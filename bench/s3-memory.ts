/**
 * How much memory the service takes for 10 GiB from a pipe, whose length nobody tells it, that it keeps in S3, and for
 * sending them back:
 *
 *     node bench/s3-memory.ts
 *     node bench/s3-memory.ts 1024         another size, in MiB
 *
 * curl is the client, on this machine. S3 is a program of the tests: it compares the checksum of each part, their order
 * and their number, and keeps them in files, in the folder for temporary files, which is removed. What comes back is
 * compared with what went in. Exits 1 when the service had more resident than the limit, or gave other bytes back. Needs
 * Linux and curl.
 */
import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { curlPlace } from './support/curl.ts';
import { SEALROOM } from './support/sealroom.ts';
import { ServerProcess } from './support/server-process.ts';
import { reportMemory } from './support/memory-report.ts';
import { thereAndBack } from './support/there-and-back.ts';

const MIB = 2 ** 20;
const SIZE = Number(process.argv[2] ?? 10 * 1024) * MIB;
/** Resident memory of the service, in bytes. */
const LIMIT = 300e6;
const SINK = fileURLToPath(new URL('../test/support/aws/s3-sink.ts', import.meta.url));

const folder = await mkdtemp(join(tmpdir(), 'sealroom-bench-'));
try {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < 1.1 * SIZE) throw new Error(`${folder}: fewer than ${1.1 * SIZE} bytes are free there`);
  const kept = join(folder, 'kept');
  await mkdir(kept);
  await using sink = await ServerProcess.start([process.execPath, SINK, kept]);
  await using server = await ServerProcess.start(serveOn(sink.url));
  const place = await curlPlace(server, folder);
  const { upload, download } = await thereAndBack(place, { pid: server.pid, size: SIZE });
  await server.stop();
  reportMemory({ way: 'from a pipe to S3 and back', who: 'service', limit: LIMIT, size: SIZE, upload, download });
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The service on a new vault, whose catalog and key are in files. */
function serveOn(endpoint: string): string[] {
  const variables = {
    SEALROOM_BLOBS: 's3:sink?path-style=true&region=us-east-1',
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: 'nobody',
    AWS_SECRET_ACCESS_KEY: 'nothing',
  };
  const words = ['--vault', join(folder, 'vault'), '--json', 'serve', '--init', '--host', '127.0.0.1', '--port', '0'];
  // `env` becomes the program that it runs, so that what is measured of it is the program's.
  return ['env', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`), ...SEALROOM, ...words];
}
