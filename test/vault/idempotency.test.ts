/** Puts that are retried: one key, one file. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { memoryVault } from '../support/memory-vault.ts';

const BYTES = patterned(70);
const keyed = (
  key: string,
  request = 'the request',
): { name: string; idempotency: { key: string; request: string } } => ({
  name: 'n',
  idempotency: { key, request },
});
const unread = function* (): Generator<Uint8Array> {
  yield assert.fail('the source was read');
};

describe('an idempotency key', () => {
  test('gives the file that the first put stored, without reading the bytes again', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    const first = await files.put(BYTES, keyed('k'));
    assert.deepEqual(await files.put(unread(), keyed('k')), first);
    assert.deepEqual(await (await world.open()).tenant('default').put(unread(), keyed('k')), first);
    assert.equal((await files.list()).files.length, 1);
    await world.check();
  });

  test('is refused for another request, and stands for nothing in another tenant', async () => {
    const { vault } = await memoryVault();
    await vault.createTenant('acme');
    const { id } = await vault.tenant('default').put(BYTES, keyed('k'));
    await rejection(vault.tenant('default').put(unread(), keyed('k', 'another')), 'key-reused');
    assert.notEqual((await vault.tenant('acme').put(BYTES, keyed('k'))).id, id);
  });

  test('is forgotten after a day', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    const first = await files.put(BYTES, keyed('k'));
    world.clock.time += 24 * 3_600_000;
    assert.equal((await files.put(unread(), keyed('k'))).id, first.id);
    world.clock.time += 1;
    assert.notEqual((await files.put(BYTES, keyed('k', 'another'))).id, first.id);
  });

  test('says so when what it stored was removed since', async () => {
    const { vault } = await memoryVault();
    const files = vault.tenant('default');
    const { id } = await files.put(BYTES, keyed('k'));
    await files.remove(id);
    await rejection(files.put(unread(), keyed('k')), 'conflict');
  });

  test('stores one file when many put under it at once, wherever they run', async () => {
    const { world, vault } = await memoryVault();
    const vaults = [vault, await world.open(), await world.open()];
    const stats = await Promise.all(
      Array.from({ length: 12 }, (_, i) => vaults[i % 3]!.tenant('default').put(BYTES, keyed('k'))),
    );
    assert.equal(new Set(stats.map(({ id }) => id)).size, 1);
    const { files } = await vault.tenant('default').list();
    assert.equal(files.length, 1);
    assert.deepEqual(await collect((await vault.tenant('default').get(files[0]!.id)).body), BYTES);
    assert.equal(world.blobs.keys().length, 1, 'the others have taken their bytes away');
    await world.check();
  });

  test('that was put into the catalog by someone else does not exist', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    const { id } = await files.put(BYTES, keyed('k'));
    const [place, item] = [...world.catalog.items].find(([, { partition }]) => partition.startsWith('idempotency/'))!;
    world.catalog.items.set(place, {
      ...item,
      data: Buffer.from(
        Buffer.from(item.data)
          .toString()
          .replace(/"mac":"./, '"mac":"?'),
      ),
    });
    const second = await files.put(BYTES, keyed('k'));
    assert.notEqual(second.id, id);
    assert.equal((await files.put(unread(), keyed('k'))).id, second.id);
  });

  test('neither key nor request can be read in the catalog', async () => {
    const { world, vault } = await memoryVault();
    await vault.tenant('default').put(BYTES, keyed('my-order-4711', 'POST /v1/files?name=secret'));
    const text = [...world.catalog.items].map(([place, { data }]) => `${place} ${Buffer.from(data).toString()}`).join();
    assert.ok(!/4711|secret/.test(text));
  });

  test('has printable characters, 1 to 255', async () => {
    const { vault } = await memoryVault();
    for (const key of ['', 'x'.repeat(256), 'a\n', 'ä']) {
      await rejection(vault.tenant('default').put(BYTES, keyed(key)), 'usage');
    }
    await vault.tenant('default').put(BYTES, keyed(' '.repeat(255)));
  });
});
