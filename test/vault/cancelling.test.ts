import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import type { DataKey } from '../../src/data-key.ts';
import type { BlobStore, Keyring } from '../../src/ports.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned, PausedSource } from '../../src/testing/test-bytes.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';
import { TrackedSource, chunked, iteratorOf } from '../support/streams.ts';

/** Ports that know what was not given back yet. */
function tracked(world: World): {
  ports: { blobs: BlobStore; keyring: Keyring };
  openBlobs: Set<string>;
  dataKeys: DataKey[];
} {
  const openBlobs = new Set<string>();
  const dataKeys: DataKey[] = [];
  const blobs: BlobStore = {
    put: (...call) => world.blobs.put(...call),
    remove: (...call) => world.blobs.remove(...call),
    get: async (...call) => {
      const iterator = (await world.blobs.get(...call))[Symbol.asyncIterator]();
      openBlobs.add(call[0]);
      return {
        [Symbol.asyncIterator]: () => ({
          next: async () => {
            const next = await iterator.next();
            if (next.done) openBlobs.delete(call[0]);
            return next;
          },
          return: async () => {
            openBlobs.delete(call[0]);
            await iterator.return?.();
            return { done: true, value: undefined };
          },
        }),
      };
    },
  };
  const keyring: Keyring = {
    wrap: (...call) => world.keyring.wrap(...call),
    generate: async (...call) => {
      const generated = await world.keyring.generate(...call);
      dataKeys.push(generated.dataKey);
      return generated;
    },
    unwrap: async (...call) => {
      const dataKey = await world.keyring.unwrap(...call);
      // Catalog keys stay for a while.
      if (dataKey !== null && 'sealroom:file' in call[1]) dataKeys.push(dataKey);
      return dataKey;
    },
  };
  return { ports: { blobs, keyring }, openBlobs, dataKeys };
}

describe('a put that is cancelled', () => {
  test('while its source is silent ends at once and leaves no file', async () => {
    const { world } = await memoryVault();
    const { ports, dataKeys } = tracked(world);
    using vault = await world.open(ports);
    const source = new PausedSource(patterned(100));
    const controller = new AbortController();
    const call = vault.tenant('default').put(source, { name: 'n', signal: controller.signal });
    await source.paused;
    controller.abort();
    await rejection(call, 'cancelled');
    assert.deepEqual((await vault.tenant('default').list()).files, []);
    await world.check();
    assert.deepEqual(world.blobs.keys(), []);
    assert.deepEqual(
      dataKeys.map(({ wiped }) => wiped),
      [true],
    );
    await vault.sweep({ grace: 0 });
    assert.ok(![...world.catalog.items.keys()].some((key) => key.startsWith('journal/')));
  });

  test('between two segments leaves neither', async () => {
    const { world, vault } = await memoryVault({ segmentLength: 40 });
    const controller = new AbortController();
    const source = function* (): Generator<Uint8Array> {
      yield patterned(40);
      yield patterned(40);
      controller.abort();
      yield patterned(40);
    };
    await rejection(vault.tenant('default').put(source(), { name: 'n', signal: controller.signal }), 'cancelled');
    await world.check();
    assert.deepEqual(world.blobs.keys(), []);
  });

  test('before it began takes nothing from its source', async () => {
    const { world, vault } = await memoryVault();
    const source = new TrackedSource([patterned(10)]);
    const before = world.catalog.items.size;
    await rejection(vault.tenant('default').put(source, { name: 'n', signal: AbortSignal.abort() }), 'cancelled');
    assert.equal(source.taken, 0);
    assert.equal(world.catalog.items.size, before);
  });
});

describe('a put whose source fails', () => {
  for (const segmentLength of [1000, 30]) {
    test(`ends with the source’s error and leaves nothing, in segments of ${segmentLength}`, async () => {
      const { world } = await memoryVault({ segmentLength });
      const { ports, dataKeys } = tracked(world);
      using vault = await world.open(ports);
      const failure = new Error('the disk of the caller');
      const source = new TrackedSource(chunked(patterned(100), 9), failure);
      await assert.rejects(vault.tenant('default').put(source, { name: 'n' }), (error) => error === failure);
      await world.check();
      assert.deepEqual(world.blobs.keys(), []);
      assert.ok(![...world.catalog.items.keys()].some((key) => key.startsWith('journal/')), 'its entry is gone');
      assert.deepEqual(
        dataKeys.map(({ wiped }) => wiped),
        [true],
      );
    });
  }

  test('is not opened, or told to end, when the store fails', async () => {
    const { world } = await memoryVault();
    for (const pulls of [0, 1]) {
      const blobs: BlobStore = {
        get: (...call) => world.blobs.get(...call),
        remove: (...call) => world.blobs.remove(...call),
        put: async (_, chunks) => {
          for (let i = 0; i < pulls; i++) await iteratorOf(chunks).next();
          throw new Error('no');
        },
      };
      using vault = await world.open({ blobs });
      const source = new TrackedSource([patterned(10)]);
      await assert.rejects(vault.tenant('default').put(source, { name: 'n' }), /no/);
      assert.equal(source.opened, pulls === 1);
      assert.equal(source.closed, pulls === 1);
    }
    await world.check();
  });
});

describe('a body', () => {
  const forms = [
    ['get', undefined],
    ['get', { start: 10, end: 150 }],
    ['export', undefined],
  ] as const;
  for (const [verb, range] of forms) {
    for (const chunks of [0, 1]) {
      test(`of ${verb}${range ? ' by range' : ''} that is given up after ${chunks} chunks lets go of blob and key`, async () => {
        const { world, vault: writer } = await memoryVault({ segmentLength: 100 });
        const { id } = await writer.tenant('default').put(patterned(200), { name: 'n' });
        const { ports, openBlobs, dataKeys } = tracked(world);
        using vault = await world.open(ports);
        const files = vault.tenant('default');
        const { body } = verb === 'get' ? await files.get(id, { range }) : await files.export(id);
        assert.ok(dataKeys.length > 0);
        const iterator = iteratorOf(body);
        for (let i = 0; i < chunks; i++) await iterator.next();
        await iterator.return!();
        assert.equal(openBlobs.size, 0);
        assert.ok(
          dataKeys.every(({ wiped }) => wiped),
          'no data key is left',
        );
      });
    }
  }

  test('that was read to its end holds nothing', async () => {
    const { world, vault: writer } = await memoryVault({ segmentLength: 100 });
    const { id } = await writer.tenant('default').put(patterned(200), { name: 'n' });
    const { ports, openBlobs, dataKeys } = tracked(world);
    using vault = await world.open(ports);
    await collect((await vault.tenant('default').get(id)).body);
    await vault.tenant('default').verify(id);
    await collect((await vault.tenant('default').export(id)).body);
    await rejection(vault.tenant('default').get(id, { range: { start: 999 } }), 'range-not-satisfiable');
    assert.equal(openBlobs.size, 0);
    assert.ok(dataKeys.length >= 4);
    assert.ok(dataKeys.every(({ wiped }) => wiped));
  });

  test('ends when it is cancelled', async () => {
    const { world, vault: writer } = await memoryVault({ segmentLength: 100 });
    const { id } = await writer.tenant('default').put(patterned(300), { name: 'n' });
    const { ports, openBlobs, dataKeys } = tracked(world);
    using vault = await world.open(ports);
    const controller = new AbortController();
    const { body } = await vault.tenant('default').get(id, { signal: controller.signal });
    const iterator = iteratorOf(body);
    await iterator.next();
    controller.abort();
    await rejection(iterator.next(), 'cancelled');
    assert.equal(openBlobs.size, 0);
    assert.ok(dataKeys.every(({ wiped }) => wiped));
  });
});

test('every verb refuses a signal that has fired', async () => {
  const { world, vault } = await memoryVault();
  const { id } = await vault.tenant('default').put(patterned(10), { name: 'n' });
  const signal = AbortSignal.abort();
  const before = new Map(world.catalog.items);
  using fresh = await world.open();
  for (const instance of [vault, fresh]) {
    const files = instance.tenant('default');
    const calls = [
      () => files.put([], { name: 'n', signal }),
      () => files.get(id, { signal }),
      () => files.stat(id, { signal }),
      () => files.list({ signal }),
      () => files.update(id, { name: 'x' }, { signal }),
      () => files.remove(id, { signal }),
      () => files.verify(id, { signal }),
      () => files.export(id, { signal }),
      () => instance.createTenant('acme', { signal }),
      () => instance.tenants({ signal }),
      () => instance.tenantStats({ signal }),
      () => instance.tenantStat('default', { signal }),
      () => instance.usage('default', { signal }),
      () => instance.countKeys('default', { signal }),
      () => instance.journal({ signal }),
      () => instance.sweep({ signal }),
    ];
    for (const call of calls) await rejection(call(), 'cancelled');
  }
  assert.deepEqual(world.catalog.items, before);
});
