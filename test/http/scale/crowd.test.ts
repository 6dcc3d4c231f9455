/** The service under a crowd: what `bench/http-crowd.ts` does, with a tenth of the clients and for a moment. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { crowdedService } from '../../../bench/support/crowded-service.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('20 clients at once get every byte right, and leave nothing that a sweep does not find', async (t) => {
  if (process.platform !== 'linux') return t.skip('left out: only Linux tells the descriptors of another process');
  const seed = Date.now();
  await using folder = await temporaryFolder();
  const { crowd, peak, inspected, violations } = await crowdedService({
    folder: join(folder.path, 'vault'),
    clients: 20,
    milliseconds: 3000,
    largest: 2 ** 20,
    seed,
    memoryLimit: 250e6,
  });
  t.diagnostic(`seed ${seed}: ${JSON.stringify(crowd.done)}, ${(peak / 1e6).toFixed(0)} MB at most`);
  assert.deepEqual(violations, []);
  for (const [action, times] of Object.entries(crowd.done)) assert.ok(times > 0, `nobody did: ${action}`);
  assert.ok(crowd.bytes.received > 0);
  assert.equal(inspected.files.length, crowd.kept.size);
});
