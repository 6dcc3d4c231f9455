/** How much tenants hold, as those who look after them are told. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Catalog } from '../../src/ports.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { faultyPorts } from '../support/dying.ts';
import { memoryVault } from '../support/memory-vault.ts';

describe('what tenants hold', () => {
  test('is on record where a quota is set and was needed, and costs one look there', async () => {
    const { world, vault } = await memoryVault();
    for (let i = 0; i < 30; i++) await vault.createTenant(`tenant-${i}`, { quota: { bytes: 100, files: null } });
    await vault.tenant('default').put(patterned(20), { name: 'n' });
    await vault.tenant('tenant-7').put(patterned(30), { name: 'n' });
    await vault.uploads('tenant-7').begin({ name: 'n', size: 50 });
    const { ports, faults } = faultyPorts(world);
    using other = await world.open(ports);
    await other.tenants();
    const before = faults.calls.length;
    const stats = await other.tenantStats();
    const gets = faults.calls.slice(before).filter(({ name }) => name === 'catalog.get');
    assert.equal(gets.length, 30);
    assert.deepEqual(
      stats.map(({ name, createdAt, quota }) => ({ name, createdAt, quota })),
      await vault.tenants(),
    );
    const known = stats.filter(({ usage }) => usage !== null);
    assert.deepEqual(
      known.map(({ name, usage }) => [name, usage]),
      [['tenant-7', { bytes: 80, files: 2 }]],
    );
    assert.deepEqual((await vault.tenantStat('tenant-7')).usage, { bytes: 80, files: 2 });
    assert.equal((await vault.tenantStat('default')).usage, null);
  });

  test('is counted where it is not on record, and nothing is written for it', async () => {
    const { world, vault } = await memoryVault({ shards: 4, pageLimit: 3 });
    for (let i = 1; i <= 10; i++) await vault.tenant('default').put(patterned(i), { name: 'n' });
    await vault.uploads('default').begin({ name: 'n', size: 1000 });
    const before = new Map(world.catalog.items);
    assert.deepEqual(await vault.usage('default'), { bytes: 1055, files: 11 });
    assert.deepEqual(world.catalog.items, before);
    await vault.setQuota('default', { bytes: 5000, files: null });
    assert.equal((await vault.tenantStat('default')).usage, null);
    assert.deepEqual(await vault.usage('default'), { bytes: 1055, files: 11 });
    await vault.tenant('default').put(patterned(45), { name: 'n' });
    assert.deepEqual((await vault.tenantStat('default')).usage, { bytes: 1100, files: 12 });
    assert.deepEqual(await vault.usage('default'), { bytes: 1100, files: 12 });
    await vault.setQuota('default', null);
    assert.equal((await vault.tenantStat('default')).usage, null);
  });

  test('of a tenant that there is not is refused', async () => {
    const { vault } = await memoryVault();
    await rejection(vault.usage('nobody'), 'no-tenant');
    await rejection(vault.usage('No Name'), 'usage');
    await rejection(vault.tenantStat('nobody'), 'no-tenant');
    await rejection(vault.tenantStat('No Name'), 'usage');
  });

  test('is not what somebody else has put on record', async () => {
    const { world, vault } = await memoryVault();
    await vault.setQuota('default', { bytes: 1000, files: null });
    await vault.tenant('default').put(patterned(10), { name: 'n' });
    const [place, item] = [...world.catalog.items].find(([key]) => key.startsWith('usage/'))!;
    const data = Buffer.from(Buffer.from(item.data).toString().replace('\\"bytes\\":10', '\\"bytes\\":99'));
    assert.notDeepEqual(data, Buffer.from(item.data));
    world.catalog.items.set(place, { ...item, data });
    assert.equal((await vault.tenantStat('default')).usage, null);
    assert.deepEqual(await vault.usage('default'), { bytes: 10, files: 1 });
  });

  test('is counted without what stands where no file is, or was removed while it was counted', async () => {
    const { world, vault } = await memoryVault({ shards: 2, segmentLength: 1 });
    const long = await vault.tenant('default').put(patterned(201), { name: 'a list of segments in pages' });
    await vault.tenant('default').put(patterned(5), { name: 'n' });
    const item = [...world.catalog.items.values()].find(({ sort }) => sort === long.id)!;
    const elsewhere = item.partition === 'file/default/0' ? 'file/default/1' : 'file/default/0';
    world.catalog.items.set(`${elsewhere} ${long.id}`, { ...item, partition: elsewhere });
    assert.deepEqual(await vault.usage('default'), { bytes: 206, files: 2 });
    const catalog: Catalog = {
      ...world.ports.catalog,
      list: async (partition, options) => {
        const page = await world.catalog.list(partition, options);
        // The record was read; its pages will be gone.
        if (page.items.some(({ sort }) => sort === long.id) && partition === item.partition) {
          await vault.tenant('default').remove(long.id);
        }
        return page;
      },
    };
    using meanwhile = await world.open({ catalog });
    assert.deepEqual(await meanwhile.usage('default'), { bytes: 5, files: 1 });
  });
});
