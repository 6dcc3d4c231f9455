/** Requests of one upload, and sweeps, that meet: whoever is first, the file is whole and nothing stays. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { isSealroomError } from '../../src/errors.ts';
import type { Catalog, Item, WriteOperation } from '../../src/ports.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { changed, lost } from '../support/changed-port.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';

const GRACE = 80_000;
const BYTES = patterned(100);

function itemsIn(world: World, prefix: string): Item[] {
  return [...world.catalog.items.values()].filter(({ partition }) => partition.startsWith(prefix));
}

async function expectFile(vault: Vault, id: string, bytes: Uint8Array = BYTES): Promise<void> {
  assert.deepEqual(await collect((await vault.tenant('default').get(id)).body), bytes);
}

/** Nothing of uploads is left once two grace times are over, but what makes up the files. */
async function expectNothingLeft(world: World): Promise<void> {
  await world.check();
  using vault = await world.open();
  for (let i = 0; i < 2; i++) {
    world.clock.time += GRACE;
    assert.deepEqual((await vault.sweep()).failed, []);
  }
  for (const prefix of ['upload/', 'part/', 'journal/']) assert.deepEqual(itemsIn(world, prefix), []);
  await world.check();
}

const puts =
  (prefix: string) =>
  (operations: readonly WriteOperation[]): boolean =>
    operations.some((operation) => operation.type === 'put' && operation.item.partition.startsWith(prefix));

const brings = puts('part/');
const completes = puts('file/');

function claims(operations: readonly WriteOperation[]): boolean {
  const [only, ...others] = operations;
  return (
    only?.type === 'put' &&
    others.length === 0 &&
    only.item.partition.startsWith('journal/') &&
    Buffer.from(only.item.data).includes('removing')
  );
}

/** Goes on with an upload from where it is to its end, whatever stands in the way. */
async function finish(vault: Vault, id: string, bytes: Uint8Array = BYTES): Promise<void> {
  const uploads = vault.uploads('default');
  for (let i = 0; i < 20; i++) {
    const { offset, file } = await uploads.stat(id);
    if (file !== undefined) return;
    await uploads.append(id, bytes.subarray(offset), { offset }).catch((error: unknown) => {
      assert.ok(isSealroomError(error, 'conflict') || isSealroomError(error, 'interrupted'), String(error));
    });
  }
  assert.fail('an upload does not come to its end');
}

describe('an append whose answer was lost', () => {
  test('while another goes on behind it puts none of its bytes behind those of the other', async () => {
    const { world } = await memoryVault({ graceTime: GRACE, uploadSegmentLength: 20 });
    using other = await world.open();
    const { id } = await other.uploads('default').begin({ name: 'n' });
    let [answered, claimed] = [false, false];
    using vault = await world.open({
      catalog: changed<Catalog>(world.catalog, {
        write: async (operations, options) => {
          if (claims(operations) && !claimed) {
            claimed = true;
            throw lost();
          }
          await world.catalog.write(operations, options);
          if (answered || !brings(operations)) return;
          answered = true;
          await other.uploads('default').append(id, BYTES.subarray(20, 40), { offset: 20 });
          throw lost();
        },
        get: async (partition, ...rest) => {
          // Nobody knows what became of the write.
          if (answered && !claimed && partition.startsWith('part/')) throw lost();
          return world.catalog.get(partition, ...rest);
        },
      }),
    });
    await rejection(vault.uploads('default').append(id, BYTES, { offset: 0 }), 'conflict');
    assert.ok(claimed);
    assert.equal((await other.uploads('default').stat(id)).offset, 40);
    await world.check();
    await other.uploads('default').declareSize(id, BYTES.length);
    await finish(other, id);
    await expectFile(other, id);
    await expectNothingLeft(world);
  });

  test('takes nothing away from a file that another completes while it looks', async () => {
    const { world } = await memoryVault({ graceTime: GRACE });
    using other = await world.open();
    const { id } = await other.uploads('default').begin({ name: 'n', size: BYTES.length });
    let [answered, completed] = [false, false];
    using vault = await world.open({
      catalog: changed<Catalog>(world.catalog, {
        write: async (operations, options) => {
          await world.catalog.write(operations, options);
          if (!brings(operations)) return;
          answered = true;
          throw lost();
        },
        get: async (partition, ...rest) => {
          // It does not know that its own part is there.
          if (answered && partition.startsWith('part/')) throw lost();
          const found = await world.catalog.get(partition, ...rest);
          if (answered && !completed && partition.startsWith('file/')) {
            completed = true;
            await other.uploads('default').append(id, BYTES.subarray(40), { offset: 40 });
          }
          return found;
        },
      }),
    });
    await vault
      .uploads('default')
      .append(id, BYTES.subarray(0, 40), { offset: 0 })
      .catch(() => {});
    assert.ok(completed);
    await expectFile(other, id);
    await expectNothingLeft(world);
    await expectFile(other, id);
  });

  for (const size of [40, 100]) {
    test(`though it made the file, in ${size} bytes, says so`, async () => {
      const { world } = await memoryVault({ graceTime: GRACE });
      let down = false;
      using vault = await world.open({
        catalog: changed<Catalog>(world.catalog, {
          write: async (operations, options) => {
            await world.catalog.write(operations, options);
            if (!completes(operations)) return;
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
      const uploads = vault.uploads('default');
      const { id } = await uploads.begin({ name: 'n' });
      await uploads.append(id, BYTES.subarray(0, 40), { offset: 0 });
      const { file } =
        size === 40
          ? await uploads.declareSize(id, 40)
          : (await uploads.declareSize(id, 100), await uploads.append(id, BYTES.subarray(40), { offset: 40 }));
      assert.equal(file?.size, size);
      await expectFile(vault, id, BYTES.subarray(0, size));
      await expectNothingLeft(world);
    });
  }
});

describe('an append under a sweeper that runs all the time', () => {
  test('loses nothing', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const { world, vault } = await memoryVault({ graceTime: GRACE, uploadSegmentLength: 20, uploadTime: 1e9 });
    using sweeper = await world.open();
    const uploads = vault.uploads('default');
    const { id } = await uploads.begin({ name: 'n', size: BYTES.length });
    const slow = async function* (start: number, end: number): AsyncGenerator<Uint8Array> {
      for (let at = start; at < end; at += 5) {
        yield BYTES.subarray(at, Math.min(at + 5, end));
        world.clock.time += GRACE / 4;
        t.mock.timers.tick(GRACE / 4);
        // The renewal that the tick began is several steps of the event loop long.
        for (let step = 0; step < 20; step++) await setImmediate();
        const { failed, claimed } = await sweeper.sweep();
        assert.deepEqual([failed, claimed], [[], 0]);
      }
    };
    for (const [start, end] of [
      [0, 47],
      [47, 50],
      [50, 100],
    ] as const) {
      await uploads.append(id, slow(start, end), { offset: start });
      await world.check();
    }
    await expectFile(vault, id);
    await expectNothingLeft(world);
    await expectFile(vault, id);
  });

  test('whose grace time is none fails as interrupted, keeps what was durable, and can go on', async () => {
    const { world, vault } = await memoryVault({ graceTime: GRACE, uploadSegmentLength: 20 });
    using sweeper = await world.open();
    const uploads = vault.uploads('default');
    const { id } = await uploads.begin({ name: 'n', size: BYTES.length });
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield BYTES.subarray(0, 20);
      yield BYTES.subarray(20, 30);
      assert.equal((await sweeper.sweep({ grace: 0 })).claimed, 1);
    };
    await rejection(uploads.append(id, source(), { offset: 0 }), 'interrupted');
    assert.equal((await uploads.stat(id)).offset, 20);
    await world.check();
    await finish(vault, id);
    await expectFile(vault, id);
    await expectNothingLeft(world);
  });

  test('in tiny pieces, with grace times of none: what merging leaves goes, and nothing else', async () => {
    const { world, vault } = await memoryVault();
    using sweeper = await world.open();
    const bytes = patterned(130);
    const uploads = vault.uploads('default');
    const { id } = await uploads.begin({ name: 'n', size: bytes.length });
    const over = new AbortController();
    const sweeping = (async () => {
      while (!over.signal.aborted) {
        assert.deepEqual((await sweeper.sweep({ grace: 0 })).failed, []);
        await setImmediate();
      }
    })();
    for (;;) {
      const { offset, file } = await uploads.stat(id);
      if (file !== undefined) break;
      await uploads.append(id, bytes.subarray(offset, offset + 1), { offset }).catch((error: unknown) => {
        assert.ok(isSealroomError(error, 'interrupted'), String(error));
      });
      // Else the sweeper may be faster each time.
      for (let i = 0; i < Math.random() * 20; i++) await setImmediate();
    }
    over.abort();
    await sweeping;
    await expectFile(vault, id, bytes);
    await expectNothingLeft(world);
  });
});

describe('two who append to one upload', () => {
  test('in turns and at once, with merging, make one whole file', async () => {
    const { world, vault } = await memoryVault({ graceTime: GRACE });
    using other = await world.open();
    const bytes = patterned(400);
    const { id } = await vault.uploads('default').begin({ name: 'n', size: bytes.length });
    const codes = new Set<string>();
    const work = async (one: Vault): Promise<void> => {
      const uploads = one.uploads('default');
      for (;;) {
        const { offset, file } = await uploads.stat(id);
        if (file !== undefined) return;
        const end = offset + 1 + Math.floor(Math.random() * 3);
        await uploads.append(id, bytes.subarray(offset, end), { offset }).catch((error: unknown) => {
          assert.ok(isSealroomError(error, 'conflict'), String(error));
          codes.add(error.code);
        });
      }
    };
    await Promise.all([work(vault), work(other)]);
    assert.deepEqual([...codes], ['conflict']);
    await expectFile(vault, id, bytes);
    await expectNothingLeft(world);
  });

  test('of whom one merges what the other has merged is told that another was faster', async () => {
    const { world, vault } = await memoryVault({ graceTime: GRACE });
    using other = await world.open();
    const bytes = patterned(300);
    const uploads = vault.uploads('default');
    const { id } = await uploads.begin({ name: 'n', size: bytes.length });
    const append = (one: Vault, offset: number) =>
      one.uploads('default').append(id, bytes.subarray(offset, offset + 1), { offset });
    let offset = 0;
    while (offset < 101) offset = (await append(vault, offset)).offset;
    let merged = false;
    using late = await world.open({
      blobs: changed(world.blobs, {
        get: async (...call) => {
          if (!merged) {
            merged = true;
            await append(other, offset);
          }
          return world.blobs.get(...call);
        },
      }),
    });
    await rejection(append(late, offset), 'conflict');
    assert.ok(merged);
    await finish(vault, id, bytes);
    await expectFile(vault, id, bytes);
    await expectNothingLeft(world);
  });

  test('a part whose blob is lost is told as damage, and not as an upload that is not there', async () => {
    const { world, vault } = await memoryVault({ graceTime: GRACE });
    const bytes = patterned(300);
    const uploads = vault.uploads('default');
    const { id } = await uploads.begin({ name: 'n', size: bytes.length });
    let offset = 0;
    while (offset < 101) {
      ({ offset } = await uploads.append(id, bytes.subarray(offset, offset + 1), { offset }));
    }
    for (const key of world.blobs.keys()) world.blobs.blobs.delete(key);
    await rejection(uploads.append(id, bytes.subarray(offset), { offset }), 'damaged');
  });

  test('of whom both bring the last byte are both told that the file is there, or that the other was faster', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { world, vault } = await memoryVault({ graceTime: GRACE });
      using other = await world.open();
      const { id } = await vault.uploads('default').begin({ name: 'n' });
      await vault.uploads('default').append(id, BYTES, { offset: 0 });
      const declare = async (one: Vault, wait: number) => {
        for (let i = 0; i < wait; i++) await setImmediate();
        return (await one.uploads('default').declareSize(id, BYTES.length)).file?.size;
      };
      assert.deepEqual(await Promise.all([declare(vault, turns), declare(other, 0)]), [100, 100]);
      await expectFile(vault, id);
      await expectNothingLeft(world);
    }
  });
});

describe('an append while the upload is given up', () => {
  for (const segments of [1, 3]) {
    test(`brings nothing back, whenever that is, in ${segments} segments`, async () => {
      let [before, after] = [0, 0];
      for (let turns = 0; turns < 60; turns++) {
        const { world, vault } = await memoryVault({ graceTime: GRACE, uploadSegmentLength: 99 / segments + 1 });
        using other = await world.open();
        const { id } = await vault.uploads('default').begin({ name: 'n', size: BYTES.length });
        await vault.uploads('default').append(id, BYTES.subarray(0, 1), { offset: 0 });
        const pause = async (steps: number): Promise<void> => {
          for (let i = 0; i < steps; i++) await setImmediate();
        };
        const slow = async function* (): AsyncGenerator<Uint8Array> {
          await pause(20);
          yield BYTES.subarray(1);
        };
        const abandon = async (): Promise<void> => {
          await pause(turns);
          await other.uploads('default').abandon(id);
        };
        const [appended, abandoned] = await Promise.allSettled([
          vault.uploads('default').append(id, slow(), { offset: 1 }),
          abandon(),
        ]);
        if (appended.status === 'fulfilled') {
          after++;
          assert.ok(abandoned.status === 'rejected' && isSealroomError(abandoned.reason, 'not-found'));
          await expectFile(vault, id);
        } else {
          before++;
          assert.equal(abandoned.status, 'fulfilled');
          assert.ok(
            isSealroomError(appended.reason, 'conflict') || isSealroomError(appended.reason, 'not-found'),
            String(appended.reason),
          );
          await rejection(vault.uploads('default').stat(id), 'not-found');
        }
        await expectNothingLeft(world);
        assert.equal(world.blobs.keys().length > 0, appended.status === 'fulfilled');
      }
      assert.ok(before > 0 && after > 0, `${before} before, ${after} after`);
    });
  }
});

describe('a completion of unknown outcome', () => {
  for (const then of ['abandon', 'append', 'sweep'] as const) {
    test(`that lands late, after ${then}, makes the whole file or none`, async () => {
      const { world } = await memoryVault({ graceTime: GRACE });
      const late: (() => Promise<unknown>)[] = [];
      let down = false;
      using vault = await world.open({
        catalog: changed<Catalog>(world.catalog, {
          write: async (operations, options) => {
            if (down) throw lost();
            if (!completes(operations)) return world.catalog.write(operations, options);
            late.push(() => world.catalog.write(operations, options));
            down = true;
            throw lost();
          },
        }),
      });
      using other = await world.open();
      const { id } = await vault.uploads('default').begin({ name: 'n', size: BYTES.length });
      await vault.uploads('default').append(id, BYTES.subarray(0, 30), { offset: 0 });
      await rejection(vault.uploads('default').append(id, BYTES.subarray(30), { offset: 30 }), 'unavailable');
      await world.check();
      if (then === 'abandon') await other.uploads('default').abandon(id);
      if (then === 'append') await other.uploads('default').append(id, BYTES.subarray(30, 50), { offset: 30 });
      if (then === 'sweep') {
        world.clock.time += GRACE;
        assert.equal((await other.sweep()).claimed, 1);
      }
      const [landed] = await Promise.allSettled(late.map((write) => write()));
      assert.equal(landed?.status, 'rejected');
      await world.check();
      if (then === 'abandon') await rejection(other.uploads('default').stat(id), 'not-found');
      else {
        await finish(other, id);
        await expectFile(other, id);
      }
      await expectNothingLeft(world);
    });
  }

  test('that lands between the look and the claim makes the file', async () => {
    const { world } = await memoryVault({ graceTime: GRACE });
    const late: (() => Promise<unknown>)[] = [];
    let looks = 0;
    using vault = await world.open({
      catalog: changed<Catalog>(world.catalog, {
        write: async (operations, options) => {
          if (!completes(operations)) return world.catalog.write(operations, options);
          late.push(() => world.catalog.write(operations, options));
          throw lost();
        },
        get: async (partition, ...rest) => {
          const found = await world.catalog.get(partition, ...rest);
          if (partition.startsWith('file/') && late.length > 0 && looks++ === 0) {
            await Promise.all(late.map((write) => write()));
          }
          return found;
        },
      }),
    });
    const { id } = await vault.uploads('default').begin({ name: 'n', size: BYTES.length });
    await vault.uploads('default').append(id, BYTES.subarray(0, 30), { offset: 0 });
    const { file } = await vault.uploads('default').append(id, BYTES.subarray(30), { offset: 30 });
    assert.equal(file?.id, id);
    await expectFile(vault, id);
    await expectNothingLeft(world);
  });
});

describe('what a tenant holds', () => {
  test('counts an upload that becomes a file while it is counted', async () => {
    const { world, vault } = await memoryVault({ graceTime: GRACE, shards: 2 });
    const { id } = await vault.uploads('default').begin({ name: 'n', size: BYTES.length });
    await vault.setQuota('default', { bytes: 1000, files: null });
    let completed = false;
    using counting = await world.open({
      catalog: changed<Catalog>(world.catalog, {
        list: async (partition, options) => {
          const page = await world.catalog.list(partition, options);
          if (partition.startsWith('file/') && !completed) {
            const shard = Number(`0x${id.slice(-1)}`) & 1;
            if (partition.endsWith(`/${shard}`)) {
              completed = true;
              await vault.uploads('default').append(id, BYTES, { offset: 0 });
            }
          }
          return page;
        },
      }),
    });
    await counting.tenant('default').put(BYTES, { name: 'other' });
    assert.ok(completed);
    await expectNothingLeft(world);
  });
});
