import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSealroomError } from '../../src/errors.ts';
import { WriteHistory, checkVault } from '../../src/testing/check.ts';
import { Faults } from '../../src/testing/faulty.ts';
import { MemoryBlobs } from '../../src/testing/memory-blobs.ts';
import { MemoryCatalog } from '../../src/testing/memory-catalog.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { randomBlobKey } from '../../src/vault/identifiers.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

async function finds(world: World, ...violations: RegExp[]): Promise<void> {
  const found = await world.violations();
  assert.equal(found.length, violations.length, found.join('\n'));
  violations.forEach((violation, i) => assert.match(found[i]!, violation));
}

describe('checkVault', () => {
  test('finds nothing wrong with a vault that is whole', async () => {
    const { world, vault } = await memoryVault({ segmentLength: 40, shards: 4 });
    await vault.createTenant('acme');
    await vault.tenant('acme').put(patterned(100), { name: 'a' });
    const { id } = await vault.tenant('default').put(patterned(10), { name: 'b' });
    await vault.tenant('default').update(id, { name: 'c' });
    await finds(world);
    await world.check();
  });

  test('finds a blob that was changed, one that is gone and one that nobody names', async () => {
    const { world, vault } = await memoryVault();
    await vault.tenant('default').put(patterned(10), { name: 'a' });
    const [key] = world.blobs.keys();
    world.blobs.blobs.get(key!)![20]! ^= 1;
    await finds(world, /does not open/);
    world.blobs.blobs.delete(key!);
    await finds(world, /does not open/, /is not in the store/);
    const stray = randomBlobKey();
    world.blobs.blobs.set(stray, patterned(9));
    await finds(world, /does not open/, /is not in the store/, new RegExp(`${stray} is listed by no record`));
    await assert.rejects(
      checkVault(world.checked),
      /the invariant of the vault does not hold:[^]*is listed by no record/,
    );
  });

  test('finds a record that was changed', async () => {
    const { world, vault } = await memoryVault();
    const { id } = await vault.tenant('default').put(patterned(10), { name: 'a' });
    const item = world.catalog.items.get(`file/default/0 ${id}`)!;
    const data = Buffer.from(textOf(item.data).replace('"size":10', '"size":11'));
    world.catalog.items.set(`file/default/0 ${id}`, { ...item, data });
    await finds(world, /does not open/);
  });

  test('takes the blob of an unfinished put as long as an authentic entry names it', async () => {
    const { world } = await memoryVault();
    await using faults = new Faults({ call: 1, moment: 'middle', crash: true });
    using vault = await world.open({ blobs: faults.wrap('blobs', world.blobs) });
    await assert.rejects(vault.tenant('default').put(patterned(50), { name: 'a' }), { name: 'Crash' });
    assert.equal(world.blobs.unfinished.size, 1, 'it died within the blob');
    await finds(world);
    const [key, item] = [...world.catalog.items].find(([, { partition }]) => partition === 'journal/0')!;
    world.catalog.items.delete(key);
    world.catalog.items.set('journal/0 elsewhere', { ...item, sort: 'elsewhere' });
    await finds(world, /named by no journal entry/);
  });

  test('finds a part of no upload, and a page of no file', async () => {
    const { world, vault } = await memoryVault({ segmentLength: 1 });
    const uploads = vault.uploads('default');
    const { id } = await uploads.begin({ name: 'a', size: 9 });
    await uploads.append(id, patterned(1), { offset: 0 });
    const part = [...world.catalog.items.values()].find(({ partition }) => partition.startsWith('part/'))!;
    await uploads.append(id, patterned(8), { offset: 1 });
    const long = await vault.tenant('default').put(patterned(201), { name: 'b' });
    const page = [...world.catalog.items.values()].find(({ partition }) => partition.startsWith('segments/'))!;
    await finds(world);
    await vault.tenant('default').remove(long.id);
    await finds(world);
    for (const item of [part, page]) world.catalog.items.set(`${item.partition} ${item.sort}`, item);
    await finds(world, /part\/.* belongs to nothing/, /segments\/.* belongs to nothing/);
  });

  test('needs the settings of the vault', async () => {
    const { world } = await memoryVault();
    world.catalog.items.delete('vault settings');
    await assert.rejects(world.check(), /no authentic settings/);
  });
});

describe('WriteHistory', () => {
  test('sees what is written under one blob key, one message id or one header twice', async () => {
    const { world, vault } = await memoryVault();
    const { id } = await vault.tenant('default').put(patterned(10), { name: 'a' });
    const { data } = world.catalog.items.get(`file/default/0 ${id}`)!;
    const record = JSON.parse(textOf(data)) as { segments: Record<string, string>[] };
    const [segment] = record.segments;
    const history = new WriteHistory();
    const catalog = history.watchCatalog(new MemoryCatalog());
    let version = 0;
    const write = async (changes: Record<string, unknown>): Promise<void> => {
      const changed = JSON.parse(JSON.stringify({ ...record, segments: [{ ...segment, ...changes }] })) as object;
      const item = { partition: 'file/default/0', sort: `f${version}`, version: `${version++}` };
      const operation = { type: 'put', item: { ...item, data: Buffer.from(JSON.stringify(changed)) }, expect: null };
      await catalog.write([operation as never]);
    };
    await write({});
    await write({});
    await write({ tag: undefined });
    assert.deepEqual(history.violations, [], 'an update writes the segments again, a rewrap drops the tag');
    await write({});
    assert.match(history.violations.pop()!, /got a second header/);
    await write({ tag: Buffer.alloc(16).toString('base64') });
    assert.match(history.violations.pop()!, /got a second header/);
    await write({ blob: randomBlobKey() });
    assert.match(history.violations.pop()!, /share a message id/);
    await write({ messageId: Buffer.alloc(32, 1).toString('base64'), tag: undefined });
    assert.match(history.violations.pop()!, /another message id/);
    const blobs = history.watchBlobs(new MemoryBlobs({ strict: false }));
    const key = randomBlobKey();
    const none = async function* (): AsyncGenerator<Uint8Array> {};
    await blobs.put(key, none());
    await blobs.remove(key);
    await blobs.put(key, none()).catch((error: unknown) => assert.ok(isSealroomError(error)));
    assert.match(history.violations.pop()!, /was put twice/);
    assert.deepEqual(history.violations, []);
  });
});
