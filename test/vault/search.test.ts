/** Looking for files by their names, which nothing but the vault can read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryVault } from '../support/memory-vault.ts';
import { needsMemory } from '../support/stores.ts';

test('a search finds names that contain what is sought, whatever the case or form', async () => {
  const { vault } = await memoryVault();
  const files = vault.tenant('default');
  for (const name of ['Report 2025.pdf', 'report-2026.PDF', 'r\u00e9sum\u00e9.txt', 'notes'])
    await files.put([], { name });
  const found = async (q: string): Promise<string[]> => (await files.list({ q })).files.map(({ name }) => name).sort();
  assert.deepEqual(await found('REPORT'), ['Report 2025.pdf', 'report-2026.PDF']);
  assert.deepEqual(await found('re\u0301sume\u0301'), ['r\u00e9sum\u00e9.txt']);
  assert.deepEqual(await found('.*'), []);
  assert.equal((await found('')).length, 4);
});

test('a page of a search looks at 1,000 files at most, and says where it stopped', async (t) => {
  if (needsMemory(t, '1,000 files take long to make, and no store takes part in where a page stops')) return;
  const { world, vault } = await memoryVault({ shards: 4 });
  const files = vault.tenant('default');
  const sought = await files.put([], { name: 'the oldest' });
  world.clock.time += 1;
  for (let i = 0; i < 1000; i++) await files.put([], { name: `other ${i}` });
  const first = await files.list({ q: 'oldest' });
  assert.deepEqual(first.files, []);
  assert.ok(first.cursor !== undefined);
  const second = await files.list({ q: 'oldest', cursor: first.cursor });
  assert.deepEqual(
    second.files.map(({ id }) => id),
    [sought.id],
  );
  assert.equal(second.cursor, undefined);
});

test('pages of a search hold what was asked for, and miss nothing between them', async () => {
  const { world, vault } = await memoryVault({ shards: 2 });
  const files = vault.tenant('default');
  for (let i = 0; i < 30; i++) {
    world.clock.time += 1;
    await files.put([], { name: i % 3 === 0 ? `yes ${i}` : `no ${i}` });
  }
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await files.list({ q: 'yes', limit: 4, cursor });
    assert.ok(page.files.length <= 4);
    names.push(...page.files.map(({ name }) => name));
    cursor = page.cursor;
  } while (cursor !== undefined);
  assert.deepEqual(
    names,
    Array.from({ length: 10 }, (_, i) => `yes ${27 - 3 * i}`),
  );
});
