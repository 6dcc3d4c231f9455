/**
 * Resumable uploads over lines that break, to two services on one vault, one of which is killed now and then:
 *
 *     npm run bench:tus-cuts
 *     node bench/tus-cuts.ts 20 100 7      other numbers of files and cuts, and another seed
 *
 * 50 uploads of up to 20 MiB, half of them by tus-js-client, in requests of 1 byte (a file of 2 KB) to 50 MiB; on every
 * fifth two clients work at once. 200 times the line breaks at a byte drawn by lot, or as the answer comes. Every file
 * must end equal, no message may have a frame sealed twice, and two sweeps may leave nothing. Exits 1 when anything is
 * not so. The vault is in the folder for temporary files, and is removed. Needs Linux.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cutServices } from './support/cut-services.ts';
import { machine } from './support/machine.ts';
import { millisecondsOf } from './support/rounds.ts';
import { say } from './support/say.ts';

const [files = 50, cuts = 200, seed = 1] = process.argv.slice(2).map(Number);
const KILLS = 4;

const folder = await mkdtemp(join(tmpdir(), 'sealroom-bench-'));
try {
  let report: Awaited<ReturnType<typeof cutServices>> | undefined;
  const milliseconds = await millisecondsOf(async () => {
    report = await cutServices({
      folder,
      files,
      cuts,
      largest: 20 * 2 ** 20,
      tiny: 2048,
      seed,
      atOnce: 8,
      kills: KILLS,
    });
  });
  const { uploads, bytes, messages, peak, sweeps, violations } = report!;
  const made = uploads.reduce((sum, upload) => sum + upload.cuts, 0);
  const statuses = new Map<number, number>();
  for (const upload of uploads) {
    for (const [status, times] of upload.statuses) statuses.set(status, (statuses.get(status) ?? 0) + times);
  }
  const answers = [...statuses].toSorted(([a], [b]) => a - b).map(([status, times]) => `${times} of ${status}`);
  say(
    machine(),
    `${uploads.length} uploads, ${(bytes / 1e6).toFixed(0)} MB, ${made} cuts, ${KILLS} kills, seed ${seed}`,
    '',
  );
  say(`It took ${(milliseconds / 1000).toFixed(0)} seconds. Answers: ${answers.join(', ')}.`);
  say(
    `${messages} messages were sealed. The service that was not killed had ${(peak / 1e6).toFixed(0)} MB resident at most.`,
  );
  const [first, second] = sweeps.map(({ claimed, finished }) => claimed + finished);
  say(`A sweep had ${first} things to finish, the next one ${second}, a third none.`);
  const missed = [...violations, ...(made === cuts ? [] : [`${cuts} cuts were to be made`])];
  for (const violation of missed) say(`MISSED: ${violation}`);
  process.exitCode = missed.length === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
