/** How much a tenant may hold: exact at the commit, whoever else puts and removes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSealroomError } from '../../src/errors.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';

function usageOf({ catalog }: World): unknown {
  const item = [...catalog.items.values()].find(({ partition }) => partition.startsWith('usage/'));
  if (item === undefined) return undefined;
  const { body } = JSON.parse(Buffer.from(item.data).toString()) as { body: string };
  const { bytes, files } = JSON.parse(body) as { bytes: number; files: number };
  return { bytes, files };
}

describe('a quota', () => {
  test('of bytes refuses what would exceed it, counts what is there already, and frees what is removed', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    const before = await files.put(patterned(60), { name: 'before' });
    assert.deepEqual(await vault.setQuota('default', { bytes: 100, files: null }), {
      name: 'default',
      createdAt: '2026-01-02T03:04:05.000Z',
      quota: { bytes: 100, files: null },
    });
    await rejection(files.put(patterned(41), { name: 'n' }), 'quota');
    await files.put(patterned(40), { name: 'fits' });
    await files.put([], { name: 'nothing fits too' });
    assert.deepEqual(usageOf(world), { bytes: 100, files: 3 });
    await files.remove(before.id);
    assert.deepEqual(usageOf(world), { bytes: 40, files: 2 });
    await files.put(patterned(60), { name: 'again' });
    await rejection(
      files.put(
        [1, 2].map((byte) => new Uint8Array([byte])),
        { name: 'n' },
      ),
      'quota',
    );
    await world.check();
  });

  test('of files refuses one more before a byte is read', async () => {
    const { world, vault } = await memoryVault();
    await vault.createTenant('acme', { quota: { bytes: null, files: 2 } });
    const files = vault.tenant('acme');
    await files.put([], { name: '1' });
    await files.put([], { name: '2' });
    const source = function* (): Generator<Uint8Array> {
      yield assert.fail('the source was read');
    };
    await rejection(files.put(source(), { name: '3' }), 'quota');
    await vault.tenant('default').put([], { name: 'other tenants are free' });
    await world.check();
  });

  test('stops an upload as soon as it must exceed, and keeps nothing of it', async () => {
    const { world, vault } = await memoryVault();
    await vault.setQuota('default', { bytes: 1000, files: null });
    let given = 0;
    const source = function* (): Generator<Uint8Array> {
      for (; given < 1_000_000; given += 100) yield patterned(100);
    };
    await rejection(vault.tenant('default').put(source(), { name: 'n' }), 'quota');
    assert.ok(given <= 1100, `${given} bytes were read`);
    assert.deepEqual(world.blobs.keys(), []);
    await world.check();
  });

  test('refuses a file that is announced to be too large before a byte is read', async () => {
    const { world, vault } = await memoryVault();
    await vault.setQuota('default', { bytes: 1000, files: null });
    const source = function* (): Generator<Uint8Array> {
      yield assert.fail('the source was read');
    };
    const before = world.catalog.items.size;
    await rejection(vault.tenant('default').put(source(), { name: 'n', size: 1001 }), 'quota');
    assert.ok(world.catalog.items.size <= before + 1, 'what the tenant holds was counted, and nothing else written');
    await vault.tenant('default').put(patterned(1000), { name: 'n', size: 1000 });
  });

  test('is exact when many put and remove at once, in several processes', async () => {
    const { world, vault } = await memoryVault({ shards: 4 });
    const vaults = [vault, await world.open(), await world.open()];
    await vault.setQuota('default', { bytes: 1000, files: null });
    const put = async (i: number): Promise<string> =>
      (await vaults[i % 3]!.tenant('default').put(patterned(100), { name: `${i}` })).id;
    const results = await Promise.allSettled(Array.from({ length: 24 }, (_, i) => put(i)));
    const stored = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    assert.equal(stored.length, 10);
    for (const result of results) {
      if (result.status === 'rejected') assert.ok(isSealroomError(result.reason, 'quota'), String(result.reason));
    }
    assert.deepEqual(usageOf(world), { bytes: 1000, files: 10 });
    await Promise.all([
      ...stored.slice(0, 5).map((id, i) => vaults[i % 3]!.tenant('default').remove(id)),
      ...[1, 2, 3].map((i) => put(i).catch(() => undefined)),
    ]);
    await world.check();
    await vault.sweep({ grace: 0 });
    await vault.sweep({ grace: 0 });
    await world.check();
  });

  test('can be raised, lowered below what is there, and taken away', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    await vault.setQuota('default', { bytes: 10, files: null });
    await rejection(files.put(patterned(20), { name: 'n' }), 'quota');
    await vault.setQuota('default', { bytes: 20, files: 7 });
    const { id } = await files.put(patterned(20), { name: 'n' });
    await vault.setQuota('default', { bytes: 5, files: null });
    await rejection(files.put([], { name: 'n' }), 'quota');
    assert.equal((await files.stat(id)).size, 20);
    assert.equal((await vault.setQuota('default', null)).quota, null);
    assert.equal((await vault.setQuota('default', { bytes: null, files: null })).quota, null);
    await files.put(patterned(100), { name: 'n' });
    assert.equal(usageOf(world), undefined);
    await world.check();
  });

  test('is refused where it is none, or where there is no tenant', async () => {
    const { vault } = await memoryVault();
    for (const bytes of [-1, 1.5, Number.NaN, Infinity]) {
      await rejection(vault.setQuota('default', { bytes, files: null }), 'usage');
    }
    await rejection(vault.setQuota('nobody', { bytes: 1, files: null }), 'no-tenant');
  });
});

test('a lease is one holder\u2019s until its time is over', async () => {
  const { world, vault } = await memoryVault();
  const other = await world.open();
  assert.equal(await vault.lease('sweep', 1000), true);
  assert.equal(await other.lease('sweep', 1000), false);
  assert.equal(await vault.lease('sweep', 1000), true, 'its holder renews it');
  assert.equal(await other.lease('another', 1000), true);
  world.clock.time += 1000;
  const [first, second] = await Promise.all([vault.lease('sweep', 1000), other.lease('sweep', 1000)]);
  assert.notEqual(first, second, 'one of those who come at once');
});
