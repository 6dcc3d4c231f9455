/** A commit that took effect although the store said that it did not answer. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { SealroomError, isSealroomError } from '../../src/errors.ts';
import type { Catalog } from '../../src/ports.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';

/** A catalog that commits, says that it does not know, and is then away for some calls. */
function awayAfterCommit({ catalog }: World, calls: number): { catalog: Catalog; left: () => number } {
  let away = 0;
  const orAway = async <T>(call: () => Promise<T>): Promise<T> => {
    if (away-- > 0) throw new SealroomError('unavailable', 'the catalog is away');
    return call();
  };
  const wrapped: Catalog = {
    get: (...call) => orAway(() => catalog.get(...call)),
    list: (...call) => orAway(() => catalog.list(...call)),
    write: (...call) =>
      orAway(async () => {
        await catalog.write(...call);
        const commits = call[0].some(({ type }) => type === 'remove') && call[0].some(({ type }) => type === 'put');
        if (!commits) return;
        away = calls;
        throw new SealroomError('unavailable', 'nobody knows');
      }),
  };
  return { catalog: wrapped, left: () => Math.max(0, away) };
}

describe('a put whose commit has an unknown outcome', () => {
  // Those that may be away: the write reads back; the commit claims and reads back; the put that failed claims.
  for (let calls = 0; calls <= 4; calls++) {
    test(`${calls < 4 ? 'gives the file' : 'says so'} when the catalog is away for ${calls} calls`, async () => {
      const { world } = await memoryVault();
      const { catalog, left } = awayAfterCommit(world, calls);
      using vault = await world.open({ catalog });
      const outcome: unknown = await vault
        .tenant('default')
        .put(patterned(20), { name: 'n' })
        .catch((error: unknown) => error);
      assert.equal(left(), 0, 'the put asked as often as it was refused');
      using reader = await world.open();
      const { files } = await reader.tenant('default').list();
      assert.equal(files.length, 1, 'it was committed, and nothing may take it back');
      assert.deepEqual(await collect((await reader.tenant('default').get(files[0]!.id)).body), patterned(20));
      // A put that could ask nobody any more is in doubt.
      if (calls < 4) assert.deepEqual(outcome, files[0]);
      else assert.ok(isSealroomError(outcome, 'unavailable'));
      await world.check();
    });
  }
});
