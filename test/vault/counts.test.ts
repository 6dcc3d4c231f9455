/** What each verb costs: calls of the key management service, writes of the catalog, bytes of the blob store. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { collect } from '../../src/bytes.ts';
import { Faults } from '../../src/testing/faulty.ts';
import type { BlobStore, Catalog } from '../../src/ports.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { faultyPorts } from '../support/dying.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';
import { needsMemory, runs } from '../support/stores.ts';

/** A vault whose calls are counted, freshly opened. */
async function counted(
  world: World,
): Promise<{ vault: Vault; countOf: (task: () => Promise<unknown>) => Promise<Record<string, number>> }> {
  const { ports, faults } = faultyPorts(world);
  const vault = await world.open(ports);
  const countOf = async (task: () => Promise<unknown>): Promise<Record<string, number>> => {
    const before = faults.calls.length;
    await task();
    const counts: Record<string, number> = {};
    for (const { name } of faults.calls.slice(before)) counts[name] = (counts[name] ?? 0) + 1;
    return counts;
  };
  return { vault, countOf };
}

describe('calls', () => {
  test('a put makes one data key, reads its tenant before and after, and writes the catalog twice', async () => {
    const { world } = await memoryVault();
    const { vault, countOf } = await counted(world);
    const files = vault.tenant('default');
    await files.list();
    const counts = await countOf(() => files.put(patterned(1000), { name: 'n' }));
    assert.deepEqual(counts, { 'catalog.get': 2, 'keyring.generate': 1, 'catalog.write': 2, 'blobs.put': 1 });
  });

  test('a put of more segments writes once more for each', async () => {
    const { world } = await memoryVault({ segmentLength: 100 });
    const { vault, countOf } = await counted(world);
    const files = vault.tenant('default');
    await files.list();
    const counts = await countOf(() => files.put(patterned(450), { name: 'n' }));
    assert.deepEqual(counts, { 'catalog.get': 2, 'keyring.generate': 1, 'catalog.write': 2 + 4, 'blobs.put': 5 });
  });

  test('a get, whole or by range, unwraps one data key and reads one record', async () => {
    const { world, vault: writer } = await memoryVault({ segmentLength: 100 });
    const { id } = await writer.tenant('default').put(patterned(450), { name: 'n' });
    const { vault, countOf } = await counted(world);
    const files = vault.tenant('default');
    await files.list();
    const whole = await countOf(async () => collect((await files.get(id)).body));
    assert.deepEqual(whole, { 'catalog.get': 1, 'keyring.unwrap': 1, 'blobs.get': 5 });
    const within = await countOf(async () => collect((await files.get(id, { range: { start: 10, end: 20 } })).body));
    assert.deepEqual(within, { 'catalog.get': 1, 'keyring.unwrap': 1, 'blobs.get': 1 });
    const across = await countOf(async () => collect((await files.get(id, { range: { start: 90, end: 210 } })).body));
    assert.deepEqual(across, { 'catalog.get': 1, 'keyring.unwrap': 1, 'blobs.get': 3 });
    assert.deepEqual(await countOf(() => files.verify(id)), { 'catalog.get': 1, 'keyring.unwrap': 1, 'blobs.get': 5 });
  });

  test('the first stat unwraps the catalog key, later ones nothing', async () => {
    const { world, vault: writer } = await memoryVault();
    const { id } = await writer.tenant('default').put([], { name: 'n' });
    const { vault, countOf } = await counted(world);
    const files = vault.tenant('default');
    assert.deepEqual(await countOf(() => files.stat(id)), { 'catalog.get': 1, 'catalog.list': 1, 'keyring.unwrap': 1 });
    assert.deepEqual(await countOf(() => files.stat(id)), { 'catalog.get': 1 });
  });

  test('many who need the catalog key at once share one call', async () => {
    const { world, vault: writer } = await memoryVault();
    const { id } = await writer.tenant('default').put([], { name: 'n' });
    const { vault, countOf } = await counted(world);
    const files = vault.tenant('default');
    const counts = await countOf(() => Promise.all(Array.from({ length: 20 }, () => files.stat(id))));
    assert.deepEqual(counts, { 'catalog.get': 20, 'catalog.list': 1, 'keyring.unwrap': 1 });
  });

  test('a listing of 1,000 files unwraps no data key, and one catalog key at most', async (t) => {
    if (needsMemory(t, 'its calls of AWS are counted elsewhere, and 1,000 files take long to make')) return;
    const { world, vault: writer } = await memoryVault({ shards: 8 });
    const { id } = await writer.tenant('default').put([], { name: 'n' });
    for (let i = 0; i < 999; i++) await writer.tenant('default').put([], { name: `${i}` });
    const { vault, countOf } = await counted(world);
    const files = vault.tenant('default');
    const first = await countOf(() => files.list({ limit: 1000 }));
    assert.equal(first['keyring.unwrap'], 1);
    const second = await countOf(async () => {
      const { files: found, cursor } = await files.list({ limit: 1000 });
      assert.deepEqual([found.length, cursor], [1000, undefined]);
      assert.ok(found.some((stat) => stat.id === id));
    });
    assert.deepEqual(second, { 'catalog.list': 8 });
  });

  test('a page reads little more than it holds, however many shards there are', async (t) => {
    if (needsMemory(t, 'its calls of AWS are counted elsewhere, and 400 files take long to make')) return;
    const { world, vault: writer } = await memoryVault({ shards: 8 });
    for (let i = 0; i < 400; i++) await writer.tenant('default').put([], { name: `${i}` });
    let items = 0;
    const catalog: Catalog = {
      get: (...call) => world.catalog.get(...call),
      write: (...call) => world.catalog.write(...call),
      list: async (...call) => {
        const page = await world.catalog.list(...call);
        items += page.items.length;
        return page;
      },
    };
    const files = (await world.open({ catalog })).tenant('default');
    await files.list({ limit: 1 });
    items = 0;
    assert.equal((await files.list({ limit: 100 })).files.length, 100);
    assert.ok(items < 250, `${items} items for 100 files`);
  });

  test('an update writes once and touches neither data key nor blob', async () => {
    const { world, vault: writer } = await memoryVault();
    const { id } = await writer.tenant('default').put(patterned(9), { name: 'n' });
    const { vault, countOf } = await counted(world);
    const files = vault.tenant('default');
    await files.list();
    assert.deepEqual(await countOf(() => files.update(id, { name: 'm' })), { 'catalog.get': 1, 'catalog.write': 1 });
  });

  test('a removal writes twice and touches no key', async () => {
    const { world, vault: writer } = await memoryVault();
    const { id } = await writer.tenant('default').put(patterned(9), { name: 'n' });
    const { vault, countOf } = await counted(world);
    const files = vault.tenant('default');
    await files.list();
    const counts = await countOf(() => files.remove(id));
    assert.deepEqual(counts, { 'catalog.get': 2, 'catalog.write': 2, 'blobs.remove': 1 });
  });
});

test('a range fetches exactly the frames that it lies in', async () => {
  const { world, vault: writer } = await memoryVault({ segmentLength: 100, frameLength: 16 });
  const bytes = patterned(250);
  const { id } = await writer.tenant('default').put(bytes, { name: 'n' });
  let fetched = 0;
  const blobs: BlobStore = {
    put: (...call) => world.blobs.put(...call),
    remove: (...call) => world.blobs.remove(...call),
    get: async (...call) => {
      const chunks = await world.blobs.get(...call);
      return (async function* () {
        for await (const chunk of chunks) {
          fetched += chunk.length;
          yield chunk;
        }
      })();
    },
  };
  using vault = await world.open({ blobs });
  const frame = 16 + 32;
  const tails = [40 + 4, 40 + 4, 40 + 2];
  const property = fc.asyncProperty(fc.nat(249), fc.integer({ min: 1, max: 260 }), async (start, length) => {
    const end = Math.min(250, start + length);
    fetched = 0;
    const got = await vault.tenant('default').get(id, { range: { start, end } });
    assert.deepEqual(await collect(got.body), bytes.slice(start, end));
    let expected = 0;
    for (let segment = 0; segment < 3; segment++) {
      const size = segment === 2 ? 50 : 100;
      const [from, to] = [Math.max(0, start - segment * 100), Math.min(size, end - segment * 100)];
      if (from >= to) continue;
      const last = Math.ceil(size / 16) - 1;
      for (let i = Math.floor(from / 16); i <= Math.floor((to - 1) / 16); i++)
        expected += i === last ? tails[segment]! : frame;
    }
    assert.equal(fetched, expected);
  });
  await fc.assert(property, runs(100));
});

describe('catalog keys', () => {
  test('are forgotten after five minutes', async () => {
    const { world, vault: writer } = await memoryVault();
    const { id } = await writer.tenant('default').put([], { name: 'n' });
    const { vault, countOf } = await counted(world);
    const files = vault.tenant('default');
    await files.stat(id);
    world.clock.time += 5 * 60 * 1000 - 1;
    assert.deepEqual(await countOf(() => files.stat(id)), { 'catalog.get': 1 });
    world.clock.time += 1;
    // The tenant's key, and the vault's that authenticates it.
    assert.deepEqual(await countOf(() => files.stat(id)), { 'catalog.get': 1, 'catalog.list': 2, 'keyring.unwrap': 2 });
  });

  test('are not taken from under a call when they are forgotten', async () => {
    const { world, vault: writer } = await memoryVault();
    const { id } = await writer.tenant('default').put([], { name: 'n' });
    let time = 0;
    // Each look at the clock finds it at the end of the keys' time, or just before.
    using vault = await world.open({ now: () => (time += 5 * 60 * 1000 - 1) });
    const files = vault.tenant('default');
    const stats = await Promise.all(Array.from({ length: 40 }, () => files.stat(id)));
    assert.equal(stats.length, 40);
  });

  test('that a fault kept from being loaded are asked for again', async () => {
    const { world } = await memoryVault();
    await using faults = new Faults({ call: 2, moment: 'before' });
    using vault = await world.open({ keyring: faults.wrap('keyring', world.keyring) });
    const files = vault.tenant('default');
    await assert.rejects(files.list(), { code: 'unavailable' });
    assert.deepEqual((await files.list()).files, []);
  });
});
