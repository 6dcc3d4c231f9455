/** Files by wrapping key: what records say, whoever wrote them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toBase64 } from '../../src/base64.ts';
import { utf8 } from '../../src/bytes.ts';
import { multiKeyring } from '../../src/keyrings/multi.ts';
import type { Item } from '../../src/ports.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { faultyPorts } from '../support/dying.ts';
import { freshKeyring, memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';

interface Record {
  edks: { provider: string; info: string; ciphertext: string }[];
}

/** Puts a copy of a file's record under another id, with what it says changed. */
function forge(world: World, file: string, { id, change }: { id: string; change: (record: Record) => void }): void {
  const item = recordItem(world, file);
  const record = JSON.parse(Buffer.from(item.data).toString()) as Record;
  change(record);
  world.catalog.items.set(`${item.partition} ${id}`, { ...item, sort: id, data: utf8(JSON.stringify(record)) });
}

function recordItem({ catalog }: World, file: string): Item {
  const found = [...catalog.items.values()].find(
    ({ partition, sort }) => partition.startsWith('file/') && sort === file,
  );
  assert.ok(found);
  return found;
}

const forgedId = (number: number): string => `00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;

describe('the count of files by wrapping key', () => {
  test('has each file once for each of its keys, those of most files first, and each tenant for itself', async () => {
    const first = freshKeyring('first');
    const second = freshKeyring('second');
    const { world, vault } = await memoryVault({ keyring: first, shards: 4 });
    for (let i = 0; i < 5; i++) await vault.tenant('default').put(patterned(i), { name: 'n' });
    await vault.createTenant('acme');
    using both = await world.open({ keyring: multiKeyring({ generator: second, wrappers: [first] }) });
    for (let i = 0; i < 3; i++) await both.tenant('default').put(patterned(i), { name: 'n' });
    await both.uploads('default').begin({ name: 'n', size: 10 });
    const key = (name: string, files: number, uploads: number): object => ({
      provider: 'sealroom',
      name,
      files,
      uploads,
    });
    assert.deepEqual(await vault.countKeys('default'), {
      keys: [key('first', 8, 1), key('second', 3, 1)],
      files: 8,
      uploads: 1,
      unlisted: 0,
      unreadable: 0,
    });
    assert.deepEqual(await vault.countKeys('acme'), { keys: [], files: 0, uploads: 0, unlisted: 0, unreadable: 0 });
    await rejection(vault.countKeys('nobody'), 'no-tenant');
    await rejection(vault.countKeys('No Name'), 'usage');
  });

  test('follows removals, completed uploads, and uploads that are given up', async () => {
    const { vault } = await memoryVault({ keyring: freshKeyring('only') });
    const counted = async (): Promise<[number, number]> => {
      const { keys, files, uploads } = await vault.countKeys('default');
      assert.deepEqual(keys, files + uploads === 0 ? [] : [{ provider: 'sealroom', name: 'only', files, uploads }]);
      return [files, uploads];
    };
    const { id } = await vault.tenant('default').put([], { name: 'n' });
    const upload = await vault.uploads('default').begin({ name: 'n', size: 3 });
    const other = await vault.uploads('default').begin({ name: 'n', size: 3 });
    assert.deepEqual(await counted(), [1, 2]);
    await vault.uploads('default').append(upload.id, patterned(3), { offset: 0 });
    assert.deepEqual(await counted(), [2, 1]);
    await vault.uploads('default').abandon(other.id);
    await vault.tenant('default').remove(id);
    assert.deepEqual(await counted(), [1, 0]);
    await vault.tenant('default').remove(upload.id);
    assert.deepEqual(await counted(), [0, 0]);
  });

  test('reads records page by page, and opens none', async () => {
    const { world, vault: writer } = await memoryVault({ pageLimit: 10 });
    for (let i = 0; i < 45; i++) await writer.tenant('default').put([], { name: 'n' });
    const { ports, faults } = faultyPorts(world);
    using vault = await world.open(ports);
    await vault.countKeys('default');
    const before = faults.calls.length;
    assert.equal((await vault.countKeys('default')).files, 45);
    const names = faults.calls.slice(before).map(({ name }) => name);
    assert.deepEqual(new Set(names), new Set(['catalog.list']));
    assert.ok(names.length >= 5, 'its pages are of ten');
  });

  test('says how many records do not tell their keys, and counts none that stands elsewhere', async () => {
    const { world, vault } = await memoryVault({ shards: 2 });
    const { id } = await vault.tenant('default').put([], { name: 'n' });
    const item = recordItem(world, id);
    const elsewhere = item.partition === 'file/default/0' ? 'file/default/1' : 'file/default/0';
    world.catalog.items.set(`${elsewhere} ${id}`, { ...item, partition: elsewhere });
    world.catalog.items.set(`${item.partition} zzz`, { ...item, sort: 'zzz' });
    const shard = item.partition.endsWith('0') ? 0 : 1;
    const broken = { ...item, sort: forgedId(shard), data: utf8('{"v":1}') };
    world.catalog.items.set(`${item.partition} ${broken.sort}`, broken);
    const newer = forgedId(shard + 2);
    forge(world, id, { id: newer, change: (record) => Object.assign(record, { v: 2 }) });
    const { files, unreadable } = await vault.countKeys('default');
    assert.deepEqual([files, unreadable], [1, 2]);
  });

  test('keeps neither more than a thousand names nor long ones, whatever the catalog was made to say', async () => {
    const { world, vault } = await memoryVault();
    const { id, keys } = await vault.tenant('default').put([], { name: 'n' });
    const named = (name: string): Record['edks'][number] => ({
      provider: 'made up',
      info: toBase64(utf8(name)),
      ciphertext: '',
    });
    for (let i = 0; i < 70; i++) {
      const edks = Array.from({ length: 16 }, (_, j) => named(`name ${i * 16 + j}`));
      forge(world, id, { id: forgedId(i), change: (record) => Object.assign(record, { edks }) });
    }
    forge(world, id, { id: forgedId(70), change: (record) => void record.edks.splice(0, 1, named('x'.repeat(2000))) });
    const counts = await vault.countKeys('default');
    assert.equal(counts.files, 72);
    assert.equal(counts.keys.length, 1000);
    assert.ok(counts.keys.every(({ name }) => name.length < 1024));
    // 1,000 names are 62 whole records and a half; the rest, the long name, and the real one that comes last, are over.
    assert.equal(counts.unlisted, 72 - 62);
    assert.ok(!counts.keys.some(({ name }) => name === keys[0]!.name));
  });

  test('counts one file under two data keys of one wrapping key once', async () => {
    const { world, vault } = await memoryVault();
    const { id, keys } = await vault.tenant('default').put([], { name: 'n' });
    const twice = (record: Record): void => void record.edks.push(...record.edks);
    forge(world, id, { id, change: twice });
    assert.deepEqual((await vault.countKeys('default')).keys, [{ ...keys[0], files: 1, uploads: 0 }]);
  });
});
