/** Resumable uploads: pieces of any size become one file. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { collect } from '../../src/bytes.ts';
import { SealroomError, cancelled, isSealroomError } from '../../src/errors.ts';
import type { Catalog } from '../../src/ports.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { UploadLock } from '../../src/vault/upload/lock.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { changed, lost } from '../support/changed-port.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';

async function bytesOf(vault: Vault, id: string): Promise<Uint8Array> {
  return collect((await vault.tenant('default').get(id)).body);
}

function partitions(world: World, prefix: string): string[] {
  return [...world.catalog.items.values()].map(({ partition }) => partition).filter((name) => name.startsWith(prefix));
}

/** Everything that uploads leave beside their files. */
function leftovers(world: World): string[] {
  return ['upload/', 'part/', 'journal/', 'lease'].flatMap((prefix) => partitions(world, prefix));
}

describe('an upload in pieces', () => {
  test('becomes the file under the id it had, with what was said at its beginning', async () => {
    const { world, vault } = await memoryVault();
    const uploads = vault.uploads('default');
    const bytes = patterned(100);
    const begun = await uploads.begin({
      name: 'a.txt',
      type: 'text/plain',
      tags: { a: 'b' },
      context: { c: 'd' },
      size: 100,
    });
    assert.deepEqual([begun.offset, begun.size, begun.file], [0, 100, undefined]);
    const half = await uploads.append(begun.id, bytes.subarray(0, 41), { offset: 0 });
    assert.deepEqual([half.offset, half.file], [41, undefined]);
    assert.deepEqual(
      (await uploads.list()).map(({ id, name, offset }) => ({ id, name, offset })),
      [{ id: begun.id, name: 'a.txt', offset: 41 }],
    );
    await assert.rejects(vault.tenant('default').stat(begun.id), (error) => isSealroomError(error, 'not-found'));
    await world.check();
    const whole = await uploads.append(begun.id, bytes.subarray(41), { offset: 41 });
    assert.equal(whole.offset, 100);
    const stat = await vault.tenant('default').stat(begun.id);
    assert.deepEqual(whole.file, stat);
    assert.deepEqual(
      [stat.name, stat.type, stat.size, stat.tags, stat.context],
      ['a.txt', 'text/plain', 100, { a: 'b' }, { c: 'd' }],
    );
    assert.equal(stat.segments.length, 2);
    assert.deepEqual(await bytesOf(vault, begun.id), bytes);
    assert.deepEqual(await uploads.list(), []);
    assert.deepEqual(leftovers(world), []);
    assert.equal((await uploads.stat(begun.id)).offset, 100, 'who asks once more is told that all is there');
    await world.check();
  });

  test('keeps what came before the source broke, and says why it broke', async () => {
    const { world, vault } = await memoryVault({ uploadSegmentLength: 30 });
    const uploads = vault.uploads('default');
    const bytes = patterned(100);
    const { id } = await uploads.begin({ name: 'n', size: 100 });
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 30);
      yield bytes.subarray(30, 47);
      throw new SealroomError('timed-out', 'the line broke');
    };
    await assert.rejects(uploads.append(id, broken(), { offset: 0 }), /the line broke/);
    assert.equal((await uploads.stat(id)).offset, 47);
    await world.check();
    const { file } = await uploads.append(id, bytes.subarray(47), { offset: 47 });
    assert.deepEqual(
      file?.segments.map(({ size }) => size),
      [30, 17, 30, 23],
    );
    assert.deepEqual(await bytesOf(vault, id), bytes);
    assert.deepEqual(leftovers(world), []);
  });

  test('keeps what came when no more is waited for', async () => {
    const { world, vault } = await memoryVault();
    const uploads = vault.uploads('default');
    const { id } = await uploads.begin({ name: 'n', size: 100 });
    const enough = new AbortController();
    const silent = async function* (): AsyncGenerator<Uint8Array> {
      yield patterned(12);
      setImmediate(() => enough.abort());
      await new Promise(() => {});
    };
    assert.equal((await uploads.append(id, silent(), { offset: 0, enough: enough.signal })).offset, 12);
    await world.check();
  });

  test('of a size that is said later, or at the end', async () => {
    const { world, vault } = await memoryVault();
    const uploads = vault.uploads('default');
    const { id } = await uploads.begin({ name: 'n' });
    await uploads.append(id, patterned(20), { offset: 0 });
    assert.equal((await uploads.stat(id)).size, null);
    await assert.rejects(uploads.declareSize(id, 19), (error) => isSealroomError(error, 'conflict'));
    const { file } = await uploads.declareSize(id, 20);
    assert.equal(file?.size, 20);
    assert.deepEqual(await bytesOf(vault, id), patterned(20));
    assert.deepEqual(leftovers(world), []);
    assert.equal((await uploads.declareSize(id, 20)).file?.id, id);
    await assert.rejects(uploads.declareSize(id, 21), (error) => isSealroomError(error, 'conflict'));
    await world.check();
  });

  test('of nothing is an empty file at once', async () => {
    const { world, vault } = await memoryVault();
    const { id, file } = await vault.uploads('default').begin({ name: 'n', size: 0 });
    assert.equal(file?.size, 0);
    assert.deepEqual(await bytesOf(vault, id), new Uint8Array(0));
    assert.deepEqual(leftovers(world), []);
  });

  test('goes on only where it ended, and takes no more than was announced', async () => {
    const { world, vault } = await memoryVault();
    const uploads = vault.uploads('default');
    const { id } = await uploads.begin({ name: 'n', size: 10 });
    await uploads.append(id, patterned(4), { offset: 0 });
    for (const offset of [0, 3, 5]) {
      await assert.rejects(uploads.append(id, patterned(1), { offset }), (error) => isSealroomError(error, 'conflict'));
    }
    await assert.rejects(uploads.append(id, patterned(7), { offset: 4 }), (error) => isSealroomError(error, 'usage'));
    assert.equal((await uploads.stat(id)).offset, 4);
    await uploads.append(id, patterned(6), { offset: 4 });
    await assert.rejects(uploads.append(id, patterned(1), { offset: 10 }), (error) => isSealroomError(error, 'usage'));
    await world.check();
  });

  test('in tiny ones has few segments all the same', async () => {
    const { world, vault } = await memoryVault();
    const uploads = vault.uploads('default');
    const bytes = patterned(400);
    const { id } = await uploads.begin({ name: 'n', size: bytes.length });
    for (let offset = 0; offset < bytes.length; offset++) {
      await uploads.append(id, bytes.subarray(offset, offset + 1), { offset });
    }
    const { segments } = await vault.tenant('default').stat(id);
    assert.ok(segments.length > 20 && segments.length <= 102, `${segments.length} segments`);
    assert.deepEqual(await bytesOf(vault, id), bytes);
    assert.deepEqual(leftovers(world), []);
    await world.check();
  });

  test('of several hundred segments has a list of them in pages, which go with the file', async () => {
    const { world, vault } = await memoryVault({ uploadSegmentLength: 10 });
    const uploads = vault.uploads('default');
    const bytes = patterned(4015);
    const { id } = await uploads.begin({ name: 'n', size: bytes.length });
    await uploads.append(id, bytes, { offset: 0 });
    const files = vault.tenant('default');
    assert.equal((await files.stat(id)).segments.length, Math.ceil(4015 / 11));
    assert.equal(partitions(world, 'segments/').length, 2);
    assert.deepEqual(await bytesOf(vault, id), bytes);
    assert.deepEqual(
      await collect((await files.get(id, { range: { start: 2500, end: 2600 } })).body),
      bytes.subarray(2500, 2600),
    );
    await files.update(id, { name: 'other' });
    assert.deepEqual(
      (await files.list()).files.map(({ name }) => name),
      ['other'],
    );
    await world.check();
    await files.remove(id);
    assert.deepEqual(partitions(world, 'segments/'), []);
    assert.equal(world.blobs.blobs.size, 0);
    await world.check();
  });
});

describe('an upload that ends otherwise', () => {
  test('leaves nothing when it is given up', async () => {
    const { world, vault } = await memoryVault();
    const uploads = vault.uploads('default');
    const { id } = await uploads.begin({ name: 'n', size: 100 });
    await uploads.append(id, patterned(10), { offset: 0 });
    await uploads.append(id, patterned(10), { offset: 10 });
    await uploads.abandon(id);
    await assert.rejects(uploads.stat(id), (error) => isSealroomError(error, 'not-found'));
    await assert.rejects(uploads.abandon(id), (error) => isSealroomError(error, 'not-found'));
    assert.deepEqual(leftovers(world), []);
    assert.equal(world.blobs.blobs.size, 0);
  });

  test('is given up by a sweep when its time has come', async () => {
    const { world, vault } = await memoryVault({ uploadTime: 1000, graceTime: 100 });
    const uploads = vault.uploads('default');
    const kept = await uploads.begin({ name: 'n', size: 10 });
    await uploads.append(kept.id, patterned(10), { offset: 0 });
    const { id } = await uploads.begin({ name: 'n', size: 100 });
    await uploads.append(id, patterned(10), { offset: 0 });
    await vault.sweep();
    assert.equal((await uploads.stat(id)).offset, 10);
    world.clock.time += 1001;
    await assert.rejects(uploads.stat(id), (error) => isSealroomError(error, 'not-found'));
    assert.deepEqual(await uploads.list(), []);
    await assert.rejects(uploads.append(id, patterned(1), { offset: 10 }), (error) =>
      isSealroomError(error, 'not-found'),
    );
    assert.equal((await vault.sweep()).expired, 1);
    assert.deepEqual([...leftovers(world), ...partitions(world, 'due/')], []);
    assert.equal(world.blobs.blobs.size, 1);
    assert.deepEqual(await bytesOf(vault, kept.id), patterned(10));
    await world.check();
  });
});

describe('what an upload holds', () => {
  test('counts from its beginning, and no longer than it is there', async () => {
    const { world, vault } = await memoryVault();
    await vault.setQuota('default', { bytes: 100, files: 3 });
    const uploads = vault.uploads('default');
    const { id } = await uploads.begin({ name: 'n', size: 60 });
    await assert.rejects(uploads.begin({ name: 'n', size: 41 }), (error) => isSealroomError(error, 'quota'));
    const open = await uploads.begin({ name: 'n' });
    await uploads.append(open.id, patterned(30), { offset: 0 });
    await assert.rejects(uploads.append(open.id, patterned(11), { offset: 30 }), (error) =>
      isSealroomError(error, 'quota'),
    );
    await world.check();
    await uploads.abandon(id);
    await uploads.append(open.id, patterned(11), { offset: 30 });
    await uploads.declareSize(open.id, 41);
    await world.check();
    // Counted anew, with what is under way.
    const again = await uploads.begin({ name: 'n', size: 50 });
    await vault.setQuota('default', { bytes: 90, files: 3 });
    await assert.rejects(uploads.begin({ name: 'n', size: 0 }), (error) => isSealroomError(error, 'quota'));
    await uploads.abandon(again.id);
    await world.check();
  });
});

describe('two who append to one upload', () => {
  test('do not both succeed, and nothing is lost or left', async () => {
    const { world, vault } = await memoryVault();
    const bytes = patterned(40);
    const { id } = await vault.uploads('default').begin({ name: 'n', size: 40 });
    const other = await world.open();
    const outcomes = await Promise.allSettled(
      [vault, other, vault].map((one) => one.uploads('default').append(id, bytes.subarray(0, 20), { offset: 0 })),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') assert.ok(isSealroomError(outcome.reason, 'conflict'), String(outcome.reason));
    }
    await world.check();
    const ends = await Promise.allSettled(
      [vault, other].map((one) => one.uploads('default').append(id, bytes.subarray(20), { offset: 20 })),
    );
    assert.ok(ends.some(({ status }) => status === 'fulfilled'));
    assert.deepEqual(await bytesOf(vault, id), bytes);
    assert.deepEqual(leftovers(world), []);
    assert.equal(world.blobs.blobs.size, 2);
    await world.check();
  });

  test('of whom one waits for the lock: the other is told, and lets go', async () => {
    const { world, vault } = await memoryVault();
    const { id } = await vault.uploads('default').begin({ name: 'n', size: 40 });
    const wanted = Promise.withResolvers<void>();
    const first = await vault.uploads('default').lock(id, { onWanted: wanted.resolve });
    const other = await world.open();
    const second = other.uploads('default').lock(id, { onWanted: () => {} });
    await wanted.promise;
    await first.release();
    await (await second).release();
    assert.deepEqual(partitions(world, 'lease'), []);
  });

  test('of whom one is cut off while it takes the lock: it holds nobody up', async () => {
    const { world, vault } = await memoryVault();
    const { id } = await vault.uploads('default').begin({ name: 'n', size: 40 });
    const gone = new AbortController();
    using cut = await world.open({
      catalog: changed<Catalog>(world.catalog, {
        write: async (operations, options) => {
          await world.catalog.write(operations, options);
          gone.abort();
          throw cancelled(gone.signal);
        },
      }),
    });
    await rejection(cut.uploads('default').lock(id, { onWanted: () => {}, signal: gone.signal }), 'cancelled');
    assert.deepEqual(partitions(world, 'lease'), []);
    let down = false;
    using silent = await world.open({
      catalog: changed<Catalog>(world.catalog, {
        write: async (operations, options) => {
          await world.catalog.write(operations, options);
          down = true;
          throw lost();
        },
        get: async (...call) => {
          if (!down) return world.catalog.get(...call);
          down = false;
          throw lost();
        },
      }),
    });
    await rejection(silent.uploads('default').lock(id, { onWanted: () => {} }), 'unavailable');
    assert.deepEqual(partitions(world, 'lease'), []);
  });

  test('of whom one asks for the lock in the moment in which the other gives it back: it is given back', async () => {
    const { world, vault } = await memoryVault();
    const { id } = await vault.uploads('default').begin({ name: 'n', size: 40 });
    let asking: Promise<UploadLock> | undefined;
    const catalog: Catalog = {
      get: (...call) => world.ports.catalog.get(...call),
      list: (...call) => world.ports.catalog.list(...call),
      write: async (operations, options) => {
        if (operations[0]?.type === 'remove' && asking === undefined) {
          const wanted = world.catalog.items.get(`lease upload/default/${id}`)!.version;
          asking = vault.uploads('default').lock(id, { onWanted: () => {} });
          while (world.catalog.items.get(`lease upload/default/${id}`)?.version === wanted) await nextTurn();
        }
        await world.ports.catalog.write(operations, options);
      },
    };
    const holder = await world.open({ catalog });
    const lock = await holder.uploads('default').lock(id, { onWanted: () => {} });
    await lock.release();
    // The clock of the vault stands still: the term of the lock does not end.
    await (await asking)!.release();
    assert.deepEqual(partitions(world, 'lease'), []);
  });

  test('of whom one never lets go: the other is told so, or has it once its term is over', async () => {
    const { world, vault } = await memoryVault();
    const uploads = vault.uploads('default');
    const { id } = await uploads.begin({ name: 'n', size: 40 });
    await using _ = await uploads.lock(id, { onWanted: () => {} });
    await assert.rejects(uploads.lock(id, { onWanted: () => {}, patience: 0 }), (error) =>
      isSealroomError(error, 'in-progress'),
    );
    world.clock.time += 10_001;
    {
      await using second = await uploads.lock(id, { onWanted: () => {} });
      assert.ok(second);
      // One whose clock is an hour ahead, and that dies, holds nobody up for an hour.
      world.clock.time -= 3_600_000;
      await using third = await uploads.lock(id, { onWanted: () => {}, patience: 0 });
      assert.ok(third);
    }
  });
});

test('pieces of any sizes, over any breaks, become the same file', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 70 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      async (sizes, uploadSegmentLength, deferred) => {
        const { world, vault } = await memoryVault({ uploadSegmentLength });
        const uploads = vault.uploads('default');
        const bytes = patterned(sizes.reduce((sum, size) => sum + size, 0));
        const { id } = await uploads.begin({ name: 'n', ...(deferred ? {} : { size: bytes.length }) });
        let offset = 0;
        for (const size of sizes) {
          const piece = bytes.subarray(offset, offset + size);
          offset += size;
          await uploads.append(id, piece, { offset: offset - size });
        }
        await uploads.declareSize(id, bytes.length);
        assert.deepEqual(await bytesOf(vault, id), bytes);
        assert.deepEqual(leftovers(world), []);
        await world.check();
      },
    ),
    { numRuns: 30 },
  );
});
