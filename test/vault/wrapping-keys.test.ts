/** Wrapping keys that make no vault, and no file: too many of them, or none that opens. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { multiKeyring } from '../../src/keyrings/multi.ts';
import { rawRsaKeyring } from '../../src/keyrings/raw-rsa.ts';
import type { Catalog, Keyring } from '../../src/ports.ts';
import { MemoryBlobs } from '../../src/testing/memory-blobs.ts';
import { MemoryCatalog } from '../../src/testing/memory-catalog.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { createVault, openVault } from '../../src/vault/vault.ts';
import { freshKeyring, memoryVault } from '../support/memory-vault.ts';
import { rsaKeyPair } from '../support/rsa-keys.ts';
import { TrackedSource } from '../support/streams.ts';

/** The keyring, and as many more as make this number. */
function among(generator: Keyring, count: number): Keyring {
  const wrappers = Array.from({ length: count - 1 }, (_, i) => freshKeyring(`more ${i}`));
  return multiKeyring({ generator, wrappers });
}

describe('more than 16 wrapping keys', () => {
  test('make no vault', async () => {
    const catalog = new MemoryCatalog();
    const blobs = new MemoryBlobs();
    await rejection(createVault({ keyring: among(freshKeyring(), 17), blobs, catalog }), 'bad-configuration');
    assert.equal(catalog.items.size, 0);
    using _ = await createVault({ keyring: among(freshKeyring(), 16), blobs, catalog });
  });

  test('make neither tenant nor file in a vault that is there', async () => {
    const { world, vault: maker } = await memoryVault();
    const { id } = await maker.tenant('default').put(patterned(10), { name: 'n' });
    const items = new Map(world.catalog.items);
    const blobs = world.blobs.keys();
    using vault = await world.open({ keyring: among(world.keyring, 17) });
    await rejection(vault.createTenant('acme'), 'bad-configuration');
    const source = new TrackedSource([patterned(10)]);
    await rejection(vault.tenant('default').put(source, { name: 'n' }), 'bad-configuration');
    assert.equal(source.opened, false);
    assert.deepEqual(world.catalog.items, items);
    assert.deepEqual(world.blobs.keys(), blobs);
    assert.equal((await vault.tenant('default').stat(id)).id, id, 'what is there can still be read');
    using fewer = await world.open({ keyring: among(world.keyring, 16) });
    const stored = await fewer.tenant('default').put(patterned(10), { name: 'n' });
    assert.equal(stored.keys.length, 16);
    await maker.tenant('default').verify(stored.id);
  });
});

describe('createVault', () => {
  test('with keys that only wrap makes nothing, and stands in nobody’s way', async () => {
    const catalog = new MemoryCatalog();
    const blobs = new MemoryBlobs();
    const { publicKey } = rsaKeyPair('recovery');
    const keyring = rawRsaKeyring({ providerId: 'sealroom', name: 'r', padding: 'oaep-sha256', publicKey });
    await rejection(createVault({ keyring, blobs, catalog }), 'wrong-key');
    assert.equal(catalog.items.size, 0);
    using _ = await createVault({
      keyring: multiKeyring({ generator: freshKeyring(), wrappers: [keyring] }),
      blobs,
      catalog,
    });
  });

  test('with a keyring that opens to another key makes nothing', async () => {
    const catalog = new MemoryCatalog();
    const good = freshKeyring();
    const other = await freshKeyring().generate({});
    const keyring: Keyring = { ...good, unwrap: () => Promise.resolve(other.dataKey.clone()) };
    await rejection(createVault({ keyring, blobs: new MemoryBlobs(), catalog }), 'wrong-key');
    assert.equal(catalog.items.size, 0);
  });

  test('gives id and pins of a vault that exists, even when it is cancelled just after', async () => {
    const stored = new MemoryCatalog();
    const controller = new AbortController();
    const catalog: Catalog = {
      get: (...call) => stored.get(...call),
      list: (...call) => stored.list(...call),
      write: async (...call) => {
        await stored.write(...call);
        controller.abort();
      },
    };
    const ports = { keyring: freshKeyring(), blobs: new MemoryBlobs() };
    using made = await createVault({ ...ports, catalog, signal: controller.signal });
    assert.ok(controller.signal.aborted);
    using again = await openVault({ ...ports, catalog: stored, id: made.id, pins: made.pins });
    assert.equal(again.id, made.id);
  });
});
