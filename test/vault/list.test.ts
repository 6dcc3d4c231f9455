import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { rejection } from '../../src/testing/rejects.ts';
import type { Files, Stat } from '../../src/vault/files.ts';
import { memoryVault } from '../support/memory-vault.ts';
import { runs } from '../support/stores.ts';

/** All pages; each but the last must be full. */
async function pagesOf(files: Files, limit: number): Promise<Stat[]> {
  const found: Stat[] = [];
  let cursor: string | undefined;
  do {
    const page = await files.list({ limit, cursor });
    assert.deepEqual(page.unreadable, []);
    if (page.cursor !== undefined) assert.equal(page.files.length, limit);
    assert.ok(page.files.length <= limit);
    found.push(...page.files);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

describe('list', () => {
  for (const shards of [1, 4, 8]) {
    test(`over ${shards} shards gives every file once, the newest first, in pages of any size`, async () => {
      const property = fc.asyncProperty(
        fc.nat(20),
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(19), { maxLength: 4 }),
        async (count, limit, pageLimit, removed) => {
          const { world, vault } = await memoryVault({ shards, pageLimit });
          const files = vault.tenant('default');
          let model: Stat[] = [];
          for (let i = 0; i < count; i++) {
            model.unshift(await files.put([], { name: `${i}` }));
            world.clock.time += 1;
          }
          for (const i of removed) {
            const stat = model[i];
            if (stat === undefined) continue;
            await files.remove(stat.id);
            model = model.filter(({ id }) => id !== stat.id);
          }
          assert.deepEqual(await pagesOf(files, limit), model);
        },
      );
      await fc.assert(property, runs(15));
    });
  }

  test('in the middle of paging keeps its place when files come and go', async () => {
    const { world, vault } = await memoryVault({ shards: 4 });
    const files = vault.tenant('default');
    const ids: string[] = [];
    for (let i = 0; i < 6; i++) {
      ids.unshift((await files.put([], { name: `${i}` })).id);
      world.clock.time += 1;
    }
    const first = await files.list({ limit: 2 });
    await files.remove(ids[1]!);
    await files.remove(ids[2]!);
    await files.put([], { name: 'new' });
    const second = await files.list({ limit: 10, cursor: first.cursor });
    assert.deepEqual(
      second.files.map(({ id }) => id),
      ids.slice(3),
    );
    assert.equal(second.cursor, undefined);
  });

  test('has pages of 1 to 1,000, 100 unless told, and takes only its own cursors', async () => {
    const { vault } = await memoryVault();
    const files = vault.tenant('default');
    for (let i = 0; i < 101; i++) await files.put([], { name: 'n' });
    const page = await files.list();
    assert.equal(page.files.length, 100);
    assert.equal((await files.list({ cursor: page.cursor })).files.length, 1);
    for (const limit of [0, -1, 1.5, 1001, Number.NaN]) await rejection(files.list({ limit }), 'usage');
    for (const cursor of ['', 'x', `${page.cursor} `]) await rejection(files.list({ cursor }), 'usage');
  });

  test('names the records that do not open, and shows the others', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      ids.unshift((await files.put([], { name: `${i}` })).id);
      world.clock.time += 1;
    }
    const changes = [
      ['"v":1', '"v":2', 'unsupported-version'],
      ['"size":0', '"size":1', 'damaged'],
      ['"context":{}', '"context":{"a":"\\ud800"}', 'damaged'],
    ] as const;
    for (const [from, to, code] of changes) {
      const key = `file/default/0 ${ids[1]}`;
      const item = world.catalog.items.get(key)!;
      const text = Buffer.from(item.data).toString();
      assert.ok(text.includes(from));
      world.catalog.items.set(key, { ...item, data: Buffer.from(text.replace(from, to)) });
      const page = await files.list({ limit: 2 });
      assert.deepEqual(
        page.files.map(({ id }) => id),
        [ids[0]],
      );
      assert.deepEqual(
        page.unreadable.map((entry) => [entry.id, entry.code]),
        [[ids[1], code]],
      );
      assert.ok(page.unreadable[0]!.message.length > 10);
      assert.deepEqual(
        (await files.list({ cursor: page.cursor })).files.map(({ id }) => id),
        [ids[2]],
      );
      world.catalog.items.set(key, item);
    }
  });

  test('passes over records that do not stand where their id belongs, which no other verb would find', async () => {
    const { world, vault } = await memoryVault({ shards: 2 });
    const files = vault.tenant('default');
    const { id } = await files.put([], { name: 'n' });
    const [key, item] = [...world.catalog.items].find(([place]) => place.includes(id))!;
    const partition = key.startsWith('file/default/0') ? 'file/default/1' : 'file/default/0';
    for (const sort of [id, 'zzz', '!']) {
      for (const place of [partition, item.partition]) {
        if (place === item.partition && sort === id) continue;
        world.catalog.items.set(`${place} ${sort}`, { ...item, partition: place, sort });
      }
    }
    const page = await files.list({ limit: 1 });
    assert.deepEqual([page.files.length, page.files[0]!.id, page.cursor, page.unreadable], [1, id, undefined, []]);
  });
});
