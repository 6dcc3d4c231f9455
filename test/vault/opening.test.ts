import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { MemoryBlobs } from '../../src/testing/memory-blobs.ts';
import { MemoryCatalog } from '../../src/testing/memory-catalog.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { createVault, openVault } from '../../src/vault/vault.ts';
import type { CreateVaultOptions } from '../../src/vault/vault.ts';
import { World, freshKeyring, memoryVault } from '../support/memory-vault.ts';

describe('openVault', () => {
  test('gives the vault that createVault made, and whoever has id, pins and key reads it', async () => {
    const { world, vault } = await memoryVault({ shards: 4 });
    const { id } = await vault.tenant('default').put(patterned(50), { name: 'n' });
    using again = await world.open();
    assert.deepEqual([again.id, again.pins], [vault.id, vault.pins]);
    assert.match(vault.pins[0]!, /^[0-9a-f]{64}$/);
    assert.deepEqual(await collect((await again.tenant('default').get(id)).body), patterned(50));
  });

  test('never makes a vault', async () => {
    const { world } = await memoryVault();
    const catalog = new MemoryCatalog();
    await rejection(world.open({ catalog }), 'no-vault');
    assert.equal(catalog.items.size, 0);
  });

  test('tells another vault by its id, and one that only claims the id by its key', async () => {
    const { world } = await memoryVault();
    const { world: other } = await memoryVault({ keyring: world.keyring });
    await rejection(world.open({ catalog: other.catalog }), 'wrong-vault');
    const pins = other.pins;
    await rejection(openVault({ ...world.ports, id: world.id, pins }), 'wrong-vault');
    await rejection(openVault({ ...world.ports, id: world.id, pins: [] }), 'wrong-vault');
    using _ = await openVault({ ...world.ports, id: world.id, pins: [...pins, ...world.pins] });
    // The other vault's table, under this vault's name.
    for (const [key, item] of other.catalog.items) {
      const data = Buffer.from(Buffer.from(item.data).toString().replaceAll(other.id, world.id));
      other.catalog.items.set(key, { ...item, data });
    }
    await rejection(world.open({ catalog: other.catalog }), 'wrong-vault');
  });

  test('tells a wrong wrapping key, whether of another name or of the same', async () => {
    const { world } = await memoryVault();
    await rejection(world.open({ keyring: freshKeyring('other') }), 'wrong-key');
    await rejection(world.open({ keyring: freshKeyring('test') }), 'wrong-key');
  });

  test('refuses the vault of a newer Sealroom', async () => {
    const { world } = await memoryVault();
    const item = world.catalog.items.get('vault settings')!;
    const data = Buffer.from(Buffer.from(item.data).toString().replace('\\"v\\":1', '\\"v\\":2'));
    assert.notDeepEqual(data, Buffer.from(item.data));
    world.catalog.items.set('vault settings', { ...item, data });
    await rejection(world.open(), 'unsupported-version');
  });

  test('refuses settings that were changed or brought from elsewhere', async () => {
    const { world } = await memoryVault({ shards: 1 });
    const item = world.catalog.items.get('vault settings')!;
    const data = Buffer.from(Buffer.from(item.data).toString().replace('\\"shards\\":1', '\\"shards\\":2'));
    world.catalog.items.set('vault settings', { ...item, data });
    await rejection(world.open(), 'damaged');
  });

  test('a vault that was closed gives no keys any more', async () => {
    const { vault } = await memoryVault();
    const files = vault.tenant('default');
    await files.put([], { name: 'n' });
    vault[Symbol.dispose]();
    await rejection(files.list(), 'unexpected');
    await rejection(files.put([], { name: 'n' }), 'unexpected');
    await rejection(
      vault.sweep({ grace: 0 }).then(() => vault.tenants()),
      'unexpected',
    );
  });
});

describe('createVault', () => {
  test('makes one vault in one catalog', async () => {
    const { world } = await memoryVault();
    const before = new Map(world.catalog.items);
    await rejection(createVault(world.ports), 'exists');
    assert.deepEqual(world.catalog.items, before);
  });

  test('by two at once makes the vault of one', async () => {
    const world = new World();
    const outcomes = await Promise.allSettled([
      createVault(world.ports),
      createVault(world.ports),
      createVault(world.ports),
    ]);
    const made = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    assert.equal(made.length, 1);
    const [{ value }] = made as [PromiseFulfilledResult<Awaited<ReturnType<typeof createVault>>>];
    using opened = await openVault({ ...world.ports, id: value.id, pins: value.pins });
    await opened.tenant('default').put([], { name: 'n' });
  });

  test('refuses options that make no vault before it makes one', async () => {
    const bad: Partial<CreateVaultOptions>[] = [
      { shards: 0 },
      { shards: 3 },
      { shards: 512 },
      { shards: 0.5 },
      { frameLength: 0 },
      { frameLength: 2 ** 32 },
      { segmentLength: 0 },
      { segmentLength: 1.5 },
      { graceTime: 0 },
      { graceTime: Number.NaN },
      // A timer of more than 2^31 milliseconds would fire all the time.
      { graceTime: 2 ** 34 },
    ];
    for (const options of bad) {
      const catalog = new MemoryCatalog();
      await rejection(createVault({ keyring: freshKeyring(), blobs: new MemoryBlobs(), catalog, ...options }), 'usage');
      assert.equal(catalog.items.size, 0, JSON.stringify(options));
    }
  });
});
