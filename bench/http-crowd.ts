/**
 * The service under 200 clients at once, for a minute:
 *
 *     npm run bench:http-crowd
 *     node bench/http-crowd.ts 10 50 7      other seconds, number of clients, and seed
 *
 * They upload and download files of 0 B to 32 MiB, small ones as often as large ones, whole and by ranges, remove some,
 * and hang up in the middle of others. Every byte that comes back is compared. Afterwards nothing may be in flight, no
 * descriptor open, no file there that nobody was told of, and, after two sweeps, no blob without its record. Exits 1
 * when anything is not so. The vault is in the folder for temporary files, and is removed. Needs Linux.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crowdedService } from './support/crowded-service.ts';
import { machine } from './support/machine.ts';
import { table } from './support/table.ts';
import { say } from './support/say.ts';

const [seconds = 60, clients = 200, seed = 1] = process.argv.slice(2).map(Number);
const LARGEST = 32 * 2 ** 20;
/** Resident memory of the server, in bytes. */
const MEMORY_LIMIT = 400e6;

const folder = await mkdtemp(join(tmpdir(), 'sealroom-bench-'));
try {
  const { crowd, peak, inspected, violations } = await crowdedService({
    folder: join(folder, 'vault'),
    clients,
    milliseconds: seconds * 1000,
    largest: LARGEST,
    seed,
    memoryLimit: MEMORY_LIMIT,
  });
  const { done, bytes, kept } = crowd;
  say(
    machine(),
    `${clients} clients for ${seconds} seconds, files of 0 B to ${LARGEST / 2 ** 20} MiB, seed ${seed}`,
    '',
  );
  say(
    table(
      ['what they did', 'times'],
      Object.entries(done).map(([action, times]) => [action, `${times}`]),
    ),
  );
  say('', `${(bytes.sent / 1e6).toFixed(0)} MB were uploaded and ${(bytes.received / 1e6).toFixed(0)} MB compared.`);
  say(`The server had ${(peak / 1e6).toFixed(0)} MB resident at most; the limit is ${MEMORY_LIMIT / 1e6} MB.`);
  const [first, second] = inspected.sweeps.map(({ claimed, finished }) => claimed + finished);
  say(`${kept.size} files are left. A sweep had ${first} things to finish, the next one ${second}, a third none.`);
  for (const violation of violations) say(`MISSED: ${violation}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
