import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { collect } from '../../src/bytes.ts';
import { multiKeyring } from '../../src/keyrings/multi.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { Files } from '../../src/vault/files.ts';
import { freshKeyring, memoryVault } from '../support/memory-vault.ts';
import { chunked } from '../support/streams.ts';
import { onAws, runs } from '../support/stores.ts';

const NOBODY = '01234567-89ab-7cde-8f01-23456789abcd';

async function bytesOf(files: Files, id: string, range?: { start: number; end?: number }): Promise<Uint8Array> {
  return collect((await files.get(id, { range })).body);
}

describe('a file', () => {
  test('is stored with what is said of it and comes back', async () => {
    const { world, vault } = await memoryVault({ keyring: freshKeyring() });
    const files = vault.tenant('default');
    const bytes = patterned(1000);
    const said = {
      name: 'reports/März.pdf',
      type: 'application/pdf',
      tags: { year: '2026', empty: '' },
      metadata: { note: 'line\nbreak' },
      context: { project: 'north' },
      createdBy: 'anna',
    };
    const stat = await files.put(chunked(bytes, 7), said);
    const { id, version, segments, ...rest } = stat;
    assert.deepEqual(rest, {
      ...said,
      size: 1000,
      createdAt: '2026-01-02T03:04:05.000Z',
      expires: null,
      retainUntil: null,
      hold: null,
      keys: [{ provider: 'sealroom', name: 'test' }],
    });
    assert.match(id, /^[0-9a-f-]{14}7/);
    assert.ok(version.length >= 16);
    assert.equal(segments.length, 1);
    assert.deepEqual({ ...segments[0], messageId: '' }, { messageId: '', frameLength: 16, size: 1000 });
    assert.match(segments[0]!.messageId, /^[0-9a-f]{64}$/);
    assert.deepEqual(await files.stat(id), stat);
    const got = await files.get(id);
    assert.deepEqual(got.stat, stat);
    assert.deepEqual(got.range, { start: 0, end: 1000 });
    assert.deepEqual(await collect(got.body), bytes);
    await world.check();
  });

  test('has defaults for all but its name', async () => {
    const { vault } = await memoryVault();
    const { type, tags, metadata, context, createdBy } = await vault.tenant('default').put([], { name: 'n' });
    assert.deepEqual(
      { type, tags, metadata, context, createdBy },
      { type: 'application/octet-stream', tags: {}, metadata: {}, context: {}, createdBy: null },
    );
  });

  test('keeps pairs with names that objects have of themselves', async () => {
    const { vault } = await memoryVault();
    const files = vault.tenant('default');
    const pairs = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}') as Record<string, string>;
    const { id } = await files.put([], { name: 'n', tags: pairs, metadata: pairs, context: pairs });
    const stat = await files.stat(id);
    for (const kept of [stat.tags, stat.metadata, stat.context]) {
      assert.deepEqual(new Map(Object.entries(kept)), new Map(Object.entries(pairs)));
    }
    assert.equal((await bytesOf(files, id)).length, 0);
  });

  test('is what it was when it was checked, whatever the caller does with his objects meanwhile', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    const options = { name: 'n', tags: { a: '1' }, metadata: { b: '2' }, context: { c: '3' } };
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield patterned(10);
      options.tags.a = options.metadata.b = options.context.c = 'changed';
      Object.assign(options.context, { more: 'x' });
    };
    const { id } = await files.put(source(), options);
    const { tags, metadata, context } = await files.stat(id);
    assert.deepEqual({ tags, metadata, context }, { tags: { a: '1' }, metadata: { b: '2' }, context: { c: '3' } });
    assert.deepEqual(await bytesOf(files, id), patterned(10));
    await world.check();
  });

  test('gives its bytes in chunks that are the caller’s own', async () => {
    const { vault } = await memoryVault({ segmentLength: 64 });
    const files = vault.tenant('default');
    const { id } = await files.put(patterned(500), { name: 'n' });
    const { body } = await files.get(id);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    assert.ok(chunks.length > 1);
    assert.deepEqual(Buffer.concat(chunks), Buffer.from(patterned(500)));
  });

  test('of any length, in any segments, gives any range of itself', async () => {
    const lengths = fc.record({
      size: fc.integer({ min: 0, max: 150 }),
      frameLength: fc.integer({ min: 1, max: 40 }),
      segmentLength: fc.integer({ min: 20, max: 200 }),
      chunk: fc.integer({ min: 1, max: 60 }),
      ranges: fc.array(fc.tuple(fc.nat(160), fc.option(fc.nat(160), { nil: undefined })), { maxLength: 6 }),
    });
    const property = fc.asyncProperty(lengths, async ({ size, chunk, ranges, ...tuning }) => {
      const { world, vault } = await memoryVault(tuning);
      const files = vault.tenant('default');
      const bytes = patterned(size);
      const stat = await files.put(chunked(bytes, chunk), { name: 'n' });
      assert.equal(stat.size, size);
      const wanted = Math.max(1, Math.ceil(size / tuning.segmentLength));
      assert.equal(stat.segments.length, wanted);
      assert.deepEqual(await bytesOf(files, stat.id), bytes);
      for (const [start, end] of ranges) {
        const range = end === undefined ? { start } : { start, end };
        if (end !== undefined && end <= start) await rejection(files.get(stat.id, { range }), 'usage');
        else if (start >= size) await rejection(files.get(stat.id, { range }), 'range-not-satisfiable');
        else {
          const got = await files.get(stat.id, { range });
          assert.deepEqual(got.range, { start, end: Math.min(end ?? size, size) });
          assert.deepEqual(await collect(got.body), bytes.slice(start, end));
        }
      }
      const { frames } = await files.verify(stat.id);
      const expected = stat.segments.map((segment) => Math.floor(segment.size / tuning.frameLength) + 1);
      assert.equal(
        frames,
        expected.reduce((sum, count) => sum + count),
      );
      await world.check();
    });
    await fc.assert(property, runs(60));
  });

  for (const [size, segments] of [
    [0, 1],
    [1, 1],
    [32, 1],
    [33, 2],
    [64, 2],
    [96, 3],
  ] as const) {
    test(`of ${size} bytes has ${segments} segments of 32`, async () => {
      const { vault } = await memoryVault({ segmentLength: 32 });
      const files = vault.tenant('default');
      const stat = await files.put(patterned(size), { name: 'n' });
      assert.equal(stat.segments.length, segments);
      assert.equal(new Set(stat.segments.map((segment) => segment.messageId)).size, segments);
      assert.deepEqual(await bytesOf(files, stat.id), patterned(size));
    });
  }

  test('has 1,000 segments at most', async () => {
    const { world, vault } = await memoryVault({ segmentLength: 1 });
    const files = vault.tenant('default');
    const { id } = await files.put(patterned(1000), { name: 'n' });
    assert.deepEqual(await bytesOf(files, id), patterned(1000));
    await rejection(files.put(patterned(1001), { name: 'n' }), 'limit');
    assert.equal((await files.list()).files.length, 1);
    await world.check();
    // What a put that failed has no time to remove from a distant store, it leaves to a sweep.
    if (onAws) for (let i = 0; i < 2; i++) await vault.sweep({ grace: 0 });
    assert.equal(world.blobs.keys().length, 1000, 'what was written of the second is gone');
  });

  test('that is not there is not found by any verb', async () => {
    const { vault } = await memoryVault();
    const files = vault.tenant('default');
    for (const id of [NOBODY, '', 'x', '../settings', `${NOBODY}/..`, NOBODY.toUpperCase()]) {
      await rejection(files.stat(id), 'not-found');
      await rejection(files.get(id), 'not-found');
      await rejection(files.verify(id), 'not-found');
      await rejection(files.export(id), 'not-found');
      await rejection(files.update(id, { name: 'n' }), 'not-found');
      await rejection(files.remove(id), 'not-found');
    }
  });

  test('opens with any of several wrapping keys', async () => {
    const [first, second, third] = ['one', 'two', 'three'].map((name) => freshKeyring(name));
    const { world, vault } = await memoryVault({ keyring: multiKeyring({ generator: first!, wrappers: [second!] }) });
    const stat = await vault.tenant('default').put(patterned(50), { name: 'n' });
    assert.deepEqual(
      stat.keys.map((key) => key.name),
      ['one', 'two'],
    );
    for (const keyring of [first!, second!, multiKeyring({ unwrapOnly: [third!, second!] })]) {
      using opened = await world.open({ keyring });
      assert.deepEqual(await bytesOf(opened.tenant('default'), stat.id), patterned(50));
    }
    await rejection(world.open({ keyring: third! }), 'wrong-key');
  });

  test('under more than 16 wrapping keys is refused and leaves nothing', async () => {
    const { world } = await memoryVault();
    const many = Array.from({ length: 16 }, (_, i) => freshKeyring(`k${i}`));
    using vault = await world.open({ keyring: multiKeyring({ generator: world.keyring, wrappers: many }) });
    await rejection(vault.tenant('default').put([], { name: 'n' }), 'bad-configuration');
    await world.check();
    assert.ok(![...world.catalog.items.keys()].some((key) => key.startsWith('journal')), 'its entry is gone too');
  });
});

describe('verify', () => {
  test('counts the frames and gives the stat', async () => {
    const { vault } = await memoryVault({ segmentLength: 40 });
    const files = vault.tenant('default');
    const stat = await files.put(patterned(100), { name: 'n' });
    assert.deepEqual(await files.verify(stat.id), { stat, frames: 3 + 3 + 2 });
  });

  test('tells bytes that follow the end from those that are missing', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    const { id } = await files.put(patterned(100), { name: 'n' });
    const [key] = world.blobs.keys();
    const blob = world.blobs.blobs.get(key!)!;
    world.blobs.blobs.set(key!, Buffer.concat([blob, Buffer.of(0)]));
    await rejection(files.verify(id), 'trailing-bytes');
    world.blobs.blobs.set(key!, blob.subarray(0, -1));
    await rejection(files.verify(id), 'truncated');
    world.blobs.blobs.delete(key!);
    await rejection(files.verify(id), 'damaged');
    assert.equal((await files.stat(id)).size, 100, 'stat needs no blob');
  });
});

describe('tenants', () => {
  test('do not see each other’s files', async () => {
    const { world, vault } = await memoryVault();
    await vault.createTenant('acme');
    const acme = vault.tenant('acme');
    const other = vault.tenant('default');
    const { id } = await acme.put(patterned(10), { name: 'n' });
    assert.deepEqual((await other.list()).files, []);
    for (const verb of ['stat', 'get', 'verify', 'export', 'remove'] as const) {
      const foreign = await rejection(other[verb](id), 'not-found');
      const absent = await rejection(other[verb](NOBODY), 'not-found');
      assert.equal(foreign.message.replace(id, NOBODY), absent.message, 'nothing tells one from the other');
    }
    await rejection(other.update(id, { name: 'x' }), 'not-found');
    assert.deepEqual(await bytesOf(acme, id), patterned(10));
    await world.check();
  });

  test('are listed by name, made once, and have names of one grammar', async () => {
    const { vault } = await memoryVault();
    assert.deepEqual(await vault.createTenant('zebra'), {
      name: 'zebra',
      createdAt: '2026-01-02T03:04:05.000Z',
      quota: null,
    });
    await vault.createTenant('acme-2');
    assert.deepEqual(
      (await vault.tenants()).map(({ name }) => name),
      ['acme-2', 'default', 'zebra'],
    );
    await rejection(vault.createTenant('zebra'), 'exists');
    await rejection(vault.createTenant('default'), 'exists');
    for (const name of ['', '*', '-a', 'A', 'a b', 'a/b', 'ä', 'a'.repeat(64), 'a\n']) {
      await rejection(vault.createTenant(name), 'usage');
      assert.throws(() => vault.tenant(name), { code: 'usage' });
    }
    await vault.createTenant('a'.repeat(63));
  });

  test('that were never created have no files and get none', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('nobody');
    let pulled = false;
    const source = function* (): Generator<Uint8Array> {
      pulled = true;
      yield patterned(1);
    };
    await rejection(files.put(source(), { name: 'n' }), 'no-tenant');
    assert.ok(!pulled);
    await rejection(files.list(), 'no-tenant');
    for (const verb of ['stat', 'get', 'verify', 'export', 'remove'] as const) {
      await rejection(files[verb](NOBODY), 'no-tenant');
    }
    await world.check();
    await vault.createTenant('nobody');
    await files.put([], { name: 'n' });
    assert.equal((await files.list()).files.length, 1, 'it is known as soon as it is there');
  });

  test('that two make at once are made by one', async () => {
    const { world, vault } = await memoryVault();
    using other = await world.open();
    const outcomes = await Promise.allSettled([vault.createTenant('acme'), other.createTenant('acme')]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const { id } = await vault.tenant('acme').put(patterned(9), { name: 'n' });
    assert.deepEqual(await bytesOf(other.tenant('acme'), id), patterned(9));
  });
});
