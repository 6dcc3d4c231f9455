import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogSuite } from '../../src/testing/catalog-suite.ts';
import { MemoryCatalog } from '../../src/testing/memory-catalog.ts';

for (const pageLimit of [undefined, 3]) {
  catalogSuite(`MemoryCatalog with pages of at most ${pageLimit ?? 'any'} items`, (clock) => {
    const catalog = new MemoryCatalog({ now: () => clock.time, pageLimit });
    return { catalog, second: () => catalog, [Symbol.asyncDispose]: async () => undefined };
  });
}

describe('MemoryCatalog', () => {
  test('holds its caller to the law: no version comes back', async () => {
    const catalog = new MemoryCatalog();
    const item = { partition: 'p', sort: 's', version: 'one', data: new Uint8Array(0) };
    await catalog.write([{ type: 'put', item, expect: null }]);
    await catalog.write([{ type: 'remove', partition: 'p', sort: 's', expect: 'one' }]);
    await assert.rejects(catalog.write([{ type: 'put', item, expect: null }]), assert.AssertionError);
  });

  test('shows its items to a test that wants to change them', async () => {
    const catalog = new MemoryCatalog();
    const item = { partition: 'p', sort: 's', version: 'one', data: Uint8Array.of(1) };
    await catalog.write([{ type: 'put', item, expect: null }]);
    assert.deepEqual([...catalog.items.keys()], ['p s']);
    catalog.items.set('p s', { ...item, data: Uint8Array.of(2) });
    assert.deepEqual((await catalog.get('p', 's'))?.data, Uint8Array.of(2));
  });
});
