/** Uploads over lines that break: what `bench/tus-cuts.ts` does, a hundredth of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutServices } from '../../../bench/support/cut-services.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('uploads whose lines break, to services that die, end equal and leave nothing', async (t) => {
  if (process.platform !== 'linux') return t.skip('left out: only Linux tells the memory of another process');
  const seed = Date.now() % 1e9;
  await using folder = await temporaryFolder();
  const { uploads, messages, violations } = await cutServices({
    folder: folder.path,
    files: 5,
    cuts: 10,
    largest: 2 ** 20,
    tiny: 20,
    seed,
    atOnce: 5,
    kills: 1,
  });
  t.diagnostic(`seed ${seed}: ${messages} messages`);
  assert.deepEqual(violations, []);
  assert.equal(uploads.length, 5);
  assert.equal(
    uploads.reduce((sum, { cuts }) => sum + cuts, 0),
    10,
  );
});
