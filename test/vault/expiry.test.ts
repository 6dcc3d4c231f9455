/** Files with a time: gone by themselves, or kept until then. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSealroomError } from '../../src/errors.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';

const BYTES = patterned(50);
/** The clock of the world stands at 2026-01-02T03:04:05Z. */
const HOUR = 3_600_000;

function dueItems({ catalog }: World): string[] {
  return [...catalog.items.values()].filter(({ partition }) => partition.startsWith('due/')).map(({ sort }) => sort);
}

describe('a file with an expiry', () => {
  test('is not there any more from that moment on, for any verb, and a sweep takes it away', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    const { id, expires } = await files.put(BYTES, { name: 'n', expires: '2026-01-02T05:04:05+01:00' });
    assert.equal(expires, '2026-01-02T04:04:05.000Z');
    world.clock.time += HOUR - 1;
    assert.equal((await files.stat(id)).expires, expires);
    assert.deepEqual((await vault.sweep()).expired, 0);
    world.clock.time += 1;
    await rejection(files.stat(id), 'not-found');
    await rejection(files.get(id), 'not-found');
    await rejection(files.get(id, { range: { start: 0, end: 1 } }), 'not-found');
    await rejection(files.update(id, { name: 'other' }), 'not-found');
    await rejection(files.remove(id), 'not-found');
    await rejection(files.verify(id), 'not-found');
    await rejection(files.export(id), 'not-found');
    assert.deepEqual(await files.list(), { files: [], unreadable: [] });
    assert.deepEqual(await vault.sweep(), {
      expired: 1,
      claimed: 0,
      finished: 0,
      waiting: 0,
      ignored: 0,
      failed: [],
    });
    assert.deepEqual(world.blobs.keys(), []);
    assert.deepEqual(dueItems(world), []);
    await world.check();
  });

  test('keeps its time when it is changed, and leaves nothing due when it is removed before', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    const kept = await files.put(BYTES, { name: 'kept', expires: '2026-01-03' });
    await files.update(kept.id, { name: 'renamed' });
    assert.equal((await files.stat(kept.id)).expires, '2026-01-03T00:00:00.000Z');
    const gone = await files.put(BYTES, { name: 'gone', expires: '2026-01-03' });
    await files.remove(gone.id);
    world.clock.time += 48 * HOUR;
    assert.equal((await vault.sweep()).expired, 1);
    assert.deepEqual(dueItems(world), []);
  });

  test('is removed by one of two sweeps that run at once, and neither fails', async () => {
    const { world, vault } = await memoryVault({ shards: 4 });
    const files = vault.tenant('default');
    for (let i = 0; i < 20; i++) await files.put(BYTES, { name: `${i}`, expires: '2026-01-03' });
    world.clock.time += 48 * HOUR;
    const reports = await Promise.all([vault.sweep(), (await world.open()).sweep()]);
    assert.deepEqual(
      reports.flatMap(({ failed }) => failed),
      [],
    );
    assert.equal(
      reports.reduce((sum, { expired }) => sum + expired, 0),
      20,
    );
    assert.deepEqual(dueItems(world), []);
    await world.check();
  });

  test('goes only when its own record says so: a hint that was forged or moved removes nothing', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    const { id } = await files.put(BYTES, { name: 'later', expires: '2027-01-01' });
    const hint = [...world.catalog.items.values()].find(({ partition }) => partition === 'due/0');
    const early = `2026-01-01T00:00:00.000Z/${id}`;
    world.catalog.items.set(`due/0 ${early}`, { ...hint!, sort: early });
    assert.deepEqual((await vault.sweep()).ignored, 1);
    assert.equal((await files.stat(id)).name, 'later');
  });
});

describe('times', () => {
  test('a file that is retained cannot be removed until then, by anyone', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    const times = { retainUntil: '2026-01-02T04:04:05Z', expires: '2026-01-02T04:04:05Z' };
    const { id } = await files.put(BYTES, { name: 'n', ...times });
    await rejection(files.remove(id), 'retained');
    world.clock.time += HOUR;
    assert.equal((await vault.sweep()).expired, 1);
  });

  for (const [what, times] of [
    ['an expiry in the past', { expires: '2026-01-02T03:04:05Z' }],
    ['an expiry before the end of the retention', { expires: '2026-02-01', retainUntil: '2026-02-02' }],
    ['a time that is none', { expires: 'tomorrow' }],
    ['a time without a zone', { expires: '2026-02-01T00:00:00' }],
    ['a day that is none', { retainUntil: '2030-02-30' }],
    ['a day that is none, with an hour', { retainUntil: '2030-02-30T00:00:00Z' }],
    ['a month that is none', { retainUntil: '2026-13-01' }],
    ['a number', { retainUntil: '1767323045' }],
    [
      'a time past the years of four digits',
      { expires: '9999-12-31T23:59:59Z', retainUntil: '9999-12-31T23:59:59-01:00' },
    ],
    ['a time before them', { retainUntil: '0000-01-01T00:00:00+01:00' }],
  ] as const) {
    test(`${what} is refused before a byte is read`, async () => {
      const { world, vault } = await memoryVault();
      let read = false;
      const source = function* (): Generator<Uint8Array> {
        read = true;
        yield BYTES;
      };
      const before = world.catalog.items.size;
      await assert.rejects(vault.tenant('default').put(source(), { name: 'n', ...times }), (error) =>
        isSealroomError(error, 'usage'),
      );
      assert.equal(read, false);
      assert.equal(world.catalog.items.size, before);
    });
  }
});
