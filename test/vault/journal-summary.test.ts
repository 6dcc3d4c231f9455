/** The journal in numbers: what is under way, what is left over, and what a sweep would work on. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SealroomError } from '../../src/errors.ts';
import type { BlobStore } from '../../src/ports.ts';
import { PausedSource, patterned } from '../../src/testing/test-bytes.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';

const GRACE = 60_000;
const NONE = { entries: 0, due: 0, oldest: null };

/** The blobs of a world, with a method that does something else. */
function blobsOf({ blobs }: World, changes: Partial<BlobStore>): BlobStore {
  return {
    put: (...call) => blobs.put(...call),
    get: (...call) => blobs.get(...call),
    remove: (...call) => blobs.remove(...call),
    ...changes,
  };
}

describe('the summary of the journal', () => {
  test('is of nothing where nothing is under way', async () => {
    const { vault } = await memoryVault({ graceTime: GRACE });
    await vault.tenant('default').put(patterned(10), { name: 'n' });
    assert.deepEqual(await vault.journal(), { writing: NONE, removing: NONE, grace: GRACE });
  });

  test('counts files that are being put, with the age of the one that was begun first', async () => {
    const { world, vault } = await memoryVault({ graceTime: GRACE, shards: 4 });
    const sources = [1, 2, 3].map(() => new PausedSource(patterned(10)));
    const puts: Promise<unknown>[] = [];
    for (const source of sources) {
      puts.push(vault.tenant('default').put(source, { name: 'n' }));
      await source.paused;
      world.clock.time += 1000;
    }
    const writing = { entries: 3, due: 0, oldest: 3000 };
    assert.deepEqual(await vault.journal(), { writing, removing: NONE, grace: GRACE });
    sources.forEach((source) => source.resume());
    await Promise.all(puts);
    assert.deepEqual((await vault.journal()).writing, NONE);
  });

  test('tells what a sweep would work on, by its last sign of life and not by its age', async () => {
    const { world, vault } = await memoryVault({ graceTime: GRACE });
    const dead = await world.open({ blobs: blobsOf(world, { put: () => new Promise(() => {}) }) });
    const putting = dead.tenant('default').put(patterned(10), { name: 'n' });
    putting.catch(() => {});
    while ((await vault.journal()).writing.entries === 0) await new Promise(setImmediate);
    world.clock.time += GRACE - 1;
    assert.deepEqual((await vault.journal()).writing, { entries: 1, due: 0, oldest: GRACE - 1 });
    world.clock.time += 1;
    assert.deepEqual((await vault.journal()).writing, { entries: 1, due: 1, oldest: GRACE });
    assert.equal((await vault.sweep()).claimed, 1);
    // Claimed just now, and as old as it was.
    assert.deepEqual(await vault.journal(), {
      writing: NONE,
      removing: { entries: 1, due: 0, oldest: GRACE },
      grace: GRACE,
    });
    world.clock.time += GRACE;
    assert.deepEqual((await vault.journal()).removing, { entries: 1, due: 1, oldest: 2 * GRACE });
    assert.equal((await vault.sweep()).finished, 1);
    assert.deepEqual((await vault.journal()).removing, NONE);
  });

  test('counts removals whose bytes could not be removed yet', async () => {
    const { world, vault } = await memoryVault({ graceTime: GRACE });
    const { id } = await vault.tenant('default').put(patterned(10), { name: 'n' });
    const remove = (): Promise<never> => Promise.reject(new SealroomError('unavailable', 'the store does not answer'));
    using other = await world.open({ blobs: blobsOf(world, { remove }) });
    await other.tenant('default').remove(id);
    assert.deepEqual((await vault.journal()).removing, { entries: 1, due: 0, oldest: 0 });
  });

  test('has no entry that does not authenticate', async () => {
    const { world, vault } = await memoryVault({ graceTime: GRACE });
    const source = new PausedSource(patterned(10));
    const putting = vault.tenant('default').put(source, { name: 'n' });
    await source.paused;
    const entry = [...world.catalog.items.values()].find(({ partition }) => partition.startsWith('journal/'))!;
    const sort = entry.sort.replace(/^./, 'f');
    world.catalog.items.set(`${entry.partition} ${sort}`, { ...entry, sort });
    assert.equal((await vault.journal()).writing.entries, 1);
    source.resume();
    await putting;
  });

  test('of an entry that was begun by a clock that is ahead has no age below nothing', async () => {
    const { world, vault } = await memoryVault({ graceTime: GRACE });
    using ahead = await world.open({ now: () => world.clock.time + 5000 });
    const source = new PausedSource(patterned(10));
    const putting = ahead.tenant('default').put(source, { name: 'n' });
    await source.paused;
    assert.deepEqual((await vault.journal()).writing, { entries: 1, due: 0, oldest: 0 });
    source.resume();
    await putting;
  });
});
