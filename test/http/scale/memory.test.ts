/** A large file through the service and back: what `bench/http-memory.ts` does, with a hundredth of the bytes. */
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isInstalled } from '../../../bench/support/commands.ts';
import { curlPlace } from '../../../bench/support/curl.ts';
import { forgetPeak, peakResident } from '../../../bench/support/process-facts.ts';
import { serve } from '../../../bench/support/serve.ts';
import { thereAndBack } from '../../../bench/support/there-and-back.ts';
import { DEFAULT_FRAME_LENGTH } from '../../../src/envelope/encrypt.ts';
import { sealedSize } from '../../../src/message/frames.ts';
import { filesOnDisk } from '../../support/disk-vault.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MIB = 2 ** 20;
const SIZE = 50 * MIB;
/** Enough that the service has what memory it works in. */
const WARM_UP = 16 * MIB;
/** Far from what a service would need that holds the file, or half of it. */
const MOST_GROWTH = 30e6;
const LIMIT = 250e6;

test('50 MiB from a pipe, without a length, go in and come back equal, in memory that does not grow with them', async (t) => {
  if (process.platform !== 'linux') return t.skip('left out: only Linux tells the memory of another process');
  if (!(await isInstalled('curl'))) return t.skip('left out: curl is not installed');
  await using folder = await temporaryFolder();
  const vault = join(folder.path, 'vault');
  await using server = await serve(vault);
  const { pid } = server;
  const place = await curlPlace(server, folder.path);
  const small = await thereAndBack(place, { pid, size: WARM_UP });
  await forgetPeak(pid);
  const before = await peakResident(pid);
  const large = await thereAndBack(place, { pid, size: SIZE });
  assert.notEqual(large.id, small.id);
  for (const [request, { peak }] of [
    ['upload', large.upload],
    ['download', large.download],
  ] as const) {
    t.diagnostic(`${request}: ${(before / 1e6).toFixed(0)} MB before, ${(peak / 1e6).toFixed(0)} MB at most`);
    assert.ok(peak - before < MOST_GROWTH, `${request}: from ${before} to ${peak} bytes`);
    assert.ok(peak < LIMIT, `${request}: ${peak} bytes`);
  }
  await server.stop();
  assert.deepEqual(server.errors, []);
  const blobs = await filesOnDisk({ folder: vault });
  const sizes = await Promise.all(
    blobs.map(async (name) => (await stat(join(vault, 'blobs', name.slice(0, 2), name))).size),
  );
  assert.deepEqual(new Set(sizes), new Set([WARM_UP, SIZE].map((size) => sealedSize(size, DEFAULT_FRAME_LENGTH))));
});
