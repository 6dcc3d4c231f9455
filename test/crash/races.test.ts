/** Puts, sweeps and late answers that meet: whoever is first, nothing is lost and nothing stays. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { SealroomError } from '../../src/errors.ts';
import type { BlobStore, Catalog, Item } from '../../src/ports.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { lentChunks, patterned } from '../../src/testing/test-bytes.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { changed, lost } from '../support/changed-port.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';

const GRACE = 80_000;
const BYTES = patterned(100);

function entriesOf(world: World): Item[] {
  return [...world.catalog.items.values()].filter(({ partition }) => partition.startsWith('journal/'));
}

async function expectFiles(vault: Vault, ...ids: string[]): Promise<void> {
  const { files, unreadable } = await vault.tenant('default').list();
  assert.deepEqual(unreadable, []);
  assert.deepEqual(files.map(({ id }) => id).sort(), ids.sort());
  for (const id of ids) assert.deepEqual(await collect((await vault.tenant('default').get(id)).body), BYTES);
}

/** After this no entry is left, so whatever blob no record lists is a violation. */
async function sweepTwice(world: World, vault: Vault): Promise<void> {
  for (let i = 0; i < 2; i++) {
    world.clock.time += GRACE;
    await vault.sweep();
  }
  assert.deepEqual(entriesOf(world), []);
  await world.check();
}

/** A catalog whose commit of a put answers nothing, and lands when it is told to. */
function lateCommits(world: World): { catalog: Catalog; land: () => Promise<unknown> } {
  const late: (() => Promise<unknown>)[] = [];
  const catalog = changed<Catalog>(world.catalog, {
    write: async (operations, options) => {
      const commits = operations.some(
        (operation) => operation.type === 'put' && operation.item.partition.startsWith('file/'),
      );
      if (!commits) return world.catalog.write(operations, options);
      late.push(() => world.catalog.write(operations, options));
      throw lost();
    },
  });
  return { catalog, land: () => Promise.allSettled(late.map((write) => write())) };
}

describe('a commit of unknown outcome', () => {
  test('that lands after the put gave up makes no file', async () => {
    const { world } = await memoryVault({ graceTime: GRACE });
    const { catalog, land } = lateCommits(world);
    using vault = await world.open({ catalog });
    await rejection(vault.tenant('default').put(BYTES, { name: 'n' }), 'unavailable');
    await world.check();
    await land();
    await expectFiles(vault);
    await world.check();
    await sweepTwice(world, vault);
  });

  test('that lands between the look and the claim makes a file, and the put says so', async () => {
    const { world } = await memoryVault({ graceTime: GRACE });
    const { catalog, land } = lateCommits(world);
    let looks = 0;
    using vault = await world.open({
      catalog: changed(catalog, {
        get: async (partition, ...rest) => {
          const found = await world.catalog.get(partition, ...rest);
          if (partition.startsWith('file/') && looks++ === 0) {
            assert.equal(found, undefined, 'it has not landed yet');
            await land();
          }
          return found;
        },
      }),
    });
    const { id } = await vault.tenant('default').put(BYTES, { name: 'n' });
    assert.ok(looks > 1);
    await expectFiles(vault, id);
    await sweepTwice(world, vault);
    await expectFiles(vault, id);
  });

  test('that nobody can decide fails the put and leaves the rest to a sweep', async () => {
    const { world } = await memoryVault({ graceTime: GRACE });
    const { catalog, land } = lateCommits(world);
    let down = false;
    using vault = await world.open({
      catalog: changed(catalog, {
        write: async (...call) => {
          if (down) throw lost();
          try {
            return await catalog.write(...call);
          } catch (error) {
            down = true;
            throw error;
          }
        },
      }),
    });
    await rejection(vault.tenant('default').put(BYTES, { name: 'n' }), 'unavailable');
    down = false;
    assert.equal(entriesOf(world).length, 1);
    await world.check();
    world.clock.time += GRACE;
    assert.equal((await vault.sweep()).claimed, 1);
    await land();
    await expectFiles(vault);
    await sweepTwice(world, vault);
  });

  test('that landed and was updated by another before the put looked is known as done', async () => {
    const { world } = await memoryVault({ graceTime: GRACE });
    using other = await world.open();
    using vault = await world.open({
      catalog: changed<Catalog>(world.catalog, {
        write: async (operations, options) => {
          await world.catalog.write(operations, options);
          const [first] = operations;
          if (first?.type !== 'put' || !first.item.partition.startsWith('file/')) return;
          await other.tenant('default').update(first.item.sort, { name: 'seen already' });
          throw lost();
        },
      }),
    });
    const { id } = await vault.tenant('default').put(BYTES, { name: 'n' });
    assert.equal((await vault.tenant('default').stat(id)).name, 'seen already');
    await expectFiles(vault, id);
    await sweepTwice(world, vault);
  });
});

/** A source that lets time pass, quarter by quarter of the grace time, while a sweep runs each time. */
async function* slowSource(
  t: TestContext,
  { world, sweeper, quarters }: { readonly world: World; readonly sweeper: Vault; readonly quarters: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let i = 0; i < quarters; i++) {
    yield BYTES.subarray(i * 5, i * 5 + 5);
    world.clock.time += GRACE / 4;
    t.mock.timers.tick(GRACE / 4);
    // The renewal that the tick began is several steps of the event loop long.
    for (let step = 0; step < 20; step++) await setImmediate();
    await sweeper.sweep();
  }
  yield BYTES.subarray(quarters * 5);
}

describe('a put that takes longer than the grace time', () => {
  for (const segmentLength of [1000, 20]) {
    test(`survives a sweeper that runs all the time, in segments of ${segmentLength}`, async (t) => {
      t.mock.timers.enable({ apis: ['setInterval'] });
      const { world, vault } = await memoryVault({ graceTime: GRACE, segmentLength });
      using sweeper = await world.open();
      const { id } = await vault.tenant('default').put(slowSource(t, { world, sweeper, quarters: 15 }), { name: 'n' });
      await expectFiles(vault, id);
      assert.deepEqual(entriesOf(world), []);
      await sweepTwice(world, sweeper);
      await expectFiles(vault, id);
    });
  }

  for (const after of [0, 3]) {
    test(`fails as interrupted when its renewals fail after ${after}, and its blobs go`, async (t) => {
      t.mock.timers.enable({ apis: ['setInterval'] });
      const { world } = await memoryVault({ graceTime: GRACE });
      using sweeper = await world.open();
      let entryWrites = 0;
      let putting = true;
      const catalog = changed<Catalog>(world.catalog, {
        write: async (operations, options) => {
          const [first] = operations;
          const renews = first?.type === 'put' && first.item.partition.startsWith('journal/');
          if (putting && renews && entryWrites++ > after) throw lost();
          return world.catalog.write(operations, options);
        },
      });
      using vault = await world.open({ catalog });
      await rejection(
        vault.tenant('default').put(slowSource(t, { world, sweeper, quarters: 15 }), { name: 'n' }),
        'interrupted',
      );
      putting = false;
      await expectFiles(vault);
      await world.check();
      await sweepTwice(world, sweeper);
      assert.deepEqual(world.blobs.keys(), []);
    });
  }

  test('and does not renew, because its process slept, fails as interrupted and takes its blob away', async () => {
    const { world, vault } = await memoryVault({ graceTime: GRACE });
    using sweeper = await world.open();
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield BYTES;
      world.clock.time += GRACE;
      assert.equal((await sweeper.sweep()).claimed, 1);
    };
    await rejection(vault.tenant('default').put(source(), { name: 'n' }), 'interrupted');
    await expectFiles(vault);
    await world.check();
    await sweepTwice(world, sweeper);
    assert.deepEqual(world.blobs.keys(), []);
  });

  /** Whoever removes before the put has begun its blob finds nothing to remove. */
  for (const sweeps of [1, 2]) {
    test(`and finishes its blob after sweep ${sweeps} leaves no stray blob`, async () => {
      const { world } = await memoryVault({ graceTime: GRACE });
      using sweeper = await world.open();
      using vault = await world.open({
        blobs: changed<BlobStore>(world.blobs, {
          put: async (...call) => {
            for (let i = 0; i < sweeps; i++) {
              world.clock.time += GRACE;
              await sweeper.sweep();
            }
            await world.blobs.put(...call);
            assert.equal(world.blobs.keys().length, 1);
          },
        }),
      });
      await rejection(vault.tenant('default').put(BYTES, { name: 'n' }), 'interrupted');
      await expectFiles(vault);
      await world.check();
      await sweepTwice(world, sweeper);
      assert.deepEqual(world.blobs.keys(), []);
    });
  }

  test('and dies after it finished its blob behind a sweep leaves none after the second removal', async () => {
    const { world } = await memoryVault({ graceTime: GRACE });
    using sweeper = await world.open();
    let dead = false;
    const die = (): Promise<never> => Promise.reject(new Error('dead'));
    const catalog = changed<Catalog>(world.catalog, {
      write: (...call) => (dead ? die() : world.catalog.write(...call)),
    });
    using vault = await world.open({
      catalog,
      blobs: changed<BlobStore>(world.blobs, {
        remove: die,
        put: async (...call) => {
          world.clock.time += GRACE;
          assert.equal((await sweeper.sweep()).claimed, 1);
          await world.blobs.put(...call);
          dead = true;
        },
      }),
    });
    await assert.rejects(vault.tenant('default').put(BYTES, { name: 'n' }), /dead/);
    assert.equal(world.blobs.keys().length, 1, 'the blob came after the first removal');
    await world.check();
    world.clock.time += GRACE - 1;
    assert.deepEqual(await sweeper.sweep(), {
      expired: 0,
      claimed: 0,
      finished: 0,
      waiting: 1,
      ignored: 0,
      failed: [],
    });
    await sweepTwice(world, sweeper);
    assert.deepEqual(world.blobs.keys(), []);
  });
});

describe('a blob whose put did not answer', () => {
  for (const code of ['unavailable', 'cancelled'] as const) {
    test(`(${code}) and that lands after it was removed is named until it is gone`, async () => {
      const { world } = await memoryVault({ graceTime: GRACE });
      const late: (() => Promise<void>)[] = [];
      using vault = await world.open({
        blobs: changed<BlobStore>(world.blobs, {
          put: async (key, chunks) => {
            const bytes = await collect(chunks);
            late.push(() => world.blobs.put(key, lentChunks(bytes, 64)));
            throw new SealroomError(code, 'the answer was lost');
          },
        }),
      });
      await rejection(vault.tenant('default').put(BYTES, { name: 'n' }), code);
      for (const land of late) await land();
      assert.equal(world.blobs.keys().length, 1);
      await world.check();
      await expectFiles(vault);
      await sweepTwice(world, vault);
      assert.deepEqual(world.blobs.keys(), []);
    });
  }
});

describe('sweeps', () => {
  test('two at once finish every entry and touch no file', async () => {
    const { world, vault } = await memoryVault({ graceTime: GRACE, shards: 4 });
    const { id } = await vault.tenant('default').put(BYTES, { name: 'n' });
    using dying = await world.open({
      blobs: changed<BlobStore>(world.blobs, {
        put: () => Promise.reject(new Error('dead')),
        remove: () => Promise.reject(new Error('dead')),
      }),
    });
    for (let i = 0; i < 12; i++) await assert.rejects(dying.tenant('default').put(BYTES, { name: 'n' }), /dead/);
    assert.equal(entriesOf(world).length, 12);
    using first = await world.open();
    using second = await world.open();
    for (let round = 0; round < 2; round++) {
      world.clock.time += GRACE;
      const reports = await Promise.all([first.sweep(), second.sweep()]);
      for (const { failed, ignored } of reports) assert.deepEqual({ failed, ignored }, { failed: [], ignored: 0 });
      await world.check();
    }
    assert.deepEqual(entriesOf(world), []);
    await expectFiles(vault, id);
  });

  test('leave alone what is younger than the grace time', async () => {
    const { world, vault } = await memoryVault({ graceTime: GRACE });
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield BYTES;
      world.clock.time += GRACE - 1;
      assert.deepEqual(await vault.sweep(), {
        expired: 0,
        claimed: 0,
        finished: 0,
        waiting: 1,
        ignored: 0,
        failed: [],
      });
    };
    const { id } = await vault.tenant('default').put(source(), { name: 'n' });
    await expectFiles(vault, id);
    assert.deepEqual(await vault.sweep(), { expired: 0, claimed: 0, finished: 0, waiting: 0, ignored: 0, failed: [] });
  });

  test('with grace 0 give up an upload that runs, and nothing of it stays', async () => {
    const { world, vault } = await memoryVault({ segmentLength: 40 });
    using sweeper = await world.open();
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield BYTES.subarray(0, 50);
      const { claimed, finished } = await sweeper.sweep({ grace: 0 });
      assert.deepEqual({ claimed, finished }, { claimed: 1, finished: 1 });
      yield BYTES.subarray(50);
    };
    await rejection(vault.tenant('default').put(source(), { name: 'n' }), 'interrupted');
    await world.check();
    assert.deepEqual(world.blobs.keys(), []);
  });

  test('do not touch the blobs of a file whose entry was brought back', async () => {
    const { world, vault } = await memoryVault({ graceTime: GRACE, segmentLength: 40 });
    const seen: Item[] = [];
    const source = function* (): Generator<Uint8Array> {
      for (let i = 0; i < BYTES.length; i += 10) {
        seen.push(...entriesOf(world));
        yield BYTES.subarray(i, i + 10);
      }
    };
    const { id } = await vault.tenant('default').put(source(), { name: 'n' });
    assert.ok(seen.length > 3);
    for (const entry of seen) {
      world.catalog.items.set(`${entry.partition} ${entry.sort}`, entry);
      await sweepTwice(world, vault);
      await expectFiles(vault, id);
    }
  });

  test('pass over what is not authentic, and report what cannot be worked on', async () => {
    const { world, vault } = await memoryVault({ graceTime: GRACE });
    using dying = await world.open({
      blobs: changed<BlobStore>(world.blobs, {
        put: () => Promise.reject(new Error('dead')),
        remove: () => Promise.reject(lost()),
      }),
    });
    await assert.rejects(dying.tenant('default').put(BYTES, { name: 'n' }), /dead/);
    const [entry] = entriesOf(world);
    world.catalog.items.set('journal/0 elsewhere', { ...entry!, sort: 'elsewhere' });
    world.clock.time += GRACE;
    const { failed, ...counts } = await dying.sweep();
    assert.deepEqual(counts, { expired: 0, claimed: 0, finished: 0, waiting: 0, ignored: 1 });
    assert.deepEqual(
      failed.map(({ code }) => code),
      ['unavailable'],
    );
    assert.equal((await vault.sweep()).finished, 1);
    assert.equal(entriesOf(world).length, 1);
  });
});

describe('a file that is removed while it is read', () => {
  for (const segmentLength of [1000, 32]) {
    test(`is not found any more, in segments of ${segmentLength}`, async () => {
      const { world, vault } = await memoryVault({ segmentLength });
      const files = vault.tenant('default');
      const { id } = await files.put(BYTES, { name: 'n' });
      using other = await world.open();
      using reader = await world.open({
        blobs: changed<BlobStore>(world.blobs, {
          get: async (...call) => {
            await other.tenant('default').remove(id);
            return world.blobs.get(...call);
          },
        }),
      });
      await rejection(reader.tenant('default').get(id), 'not-found');
    });
  }

  test('between two of its segments ends with not-found', async () => {
    const { world, vault } = await memoryVault({ segmentLength: 32 });
    const files = vault.tenant('default');
    const { id } = await files.put(BYTES, { name: 'n' });
    const { body } = await files.get(id);
    await files.remove(id);
    await rejection(collect(body), 'not-found');
    assert.deepEqual(world.blobs.keys(), []);
  });
});
