import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { memoryVault } from '../support/memory-vault.ts';

const SAID = {
  name: 'n',
  type: 'text/plain',
  tags: { a: '1' },
  metadata: { b: '2' },
  context: { c: '3' },
  createdBy: 'd',
};

describe('update', () => {
  test('changes what it names and nothing else', async () => {
    const { world, vault } = await memoryVault({ segmentLength: 40 });
    const files = vault.tenant('default');
    let stat = await files.put(patterned(100), SAID);
    const changes = [
      { name: 'other' },
      { type: 'image/png' },
      { tags: { x: 'y' } },
      { tags: {} },
      { metadata: { m: '' } },
      {},
    ];
    for (const change of changes) {
      world.clock.time += 1000;
      const next = await files.update(stat.id, change);
      assert.notEqual(next.version, stat.version);
      assert.deepEqual(next, { ...stat, ...change, version: next.version });
      assert.deepEqual(await files.stat(stat.id), next);
      stat = next;
    }
    assert.deepEqual(await collect((await files.get(stat.id)).body), patterned(100));
    await world.check();
  });

  test('seals under a fresh nonce each time', async () => {
    const { world, vault } = await memoryVault();
    const { id } = await vault.tenant('default').put([], { name: 'n' });
    const nonces = new Set<string>();
    for (let i = 0; i < 50; i++) {
      await vault.tenant('default').update(id, { name: 'n' });
      const record = JSON.parse(Buffer.from(world.catalog.items.get(`file/default/0 ${id}`)!.data).toString()) as {
        sealed: { nonce: string };
      };
      nonces.add(record.sealed.nonce);
    }
    assert.equal(nonces.size, 50);
  });

  test('with a version changes that version only', async () => {
    const { vault } = await memoryVault();
    const files = vault.tenant('default');
    const first = await files.put([], { name: 'n' });
    const second = await files.update(first.id, { name: 'm' }, { ifVersion: first.version });
    await rejection(files.update(first.id, { name: 'x' }, { ifVersion: first.version }), 'conflict');
    await rejection(files.remove(first.id, { ifVersion: first.version }), 'conflict');
    assert.equal((await files.stat(first.id)).name, 'm');
    await files.remove(first.id, { ifVersion: second.version });
    await rejection(files.stat(first.id), 'not-found');
  });

  test('by several at once loses none of them', async () => {
    const { world, vault } = await memoryVault();
    const { id } = await vault.tenant('default').put([], SAID);
    using other = await world.open();
    const changes = [{ name: 'x' }, { type: 'a/b' }, { tags: { t: 'u' } }, { metadata: { v: 'w' } }];
    await Promise.all(changes.map((change, i) => (i % 2 === 0 ? vault : other).tenant('default').update(id, change)));
    const { name, type, tags, metadata } = await vault.tenant('default').stat(id);
    assert.deepEqual({ name, type, tags, metadata }, Object.assign({}, ...changes));
  });

  test('with one version by several at once is done by one', async () => {
    const { vault } = await memoryVault();
    const files = vault.tenant('default');
    const { id, version } = await files.put([], SAID);
    const outcomes = await Promise.allSettled(
      ['a', 'b', 'c'].map((name) => files.update(id, { name }, { ifVersion: version })),
    );
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected']);
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    assert.equal((await files.stat(id)).name, ['a', 'b', 'c'][winner]);
  });
});

describe('remove', () => {
  test('takes the record, its data keys and its blobs', async () => {
    const { world, vault } = await memoryVault({ segmentLength: 40 });
    const files = vault.tenant('default');
    const kept = await files.put(patterned(10), { name: 'kept' });
    const items = new Map(world.catalog.items);
    const { id } = await files.put(patterned(100), { name: 'n' });
    await files.remove(id);
    await rejection(files.get(id), 'not-found');
    await rejection(files.remove(id), 'not-found');
    assert.deepEqual([...world.catalog.items.keys()].sort(), [...items.keys()].sort());
    assert.equal(world.blobs.keys().length, 1);
    assert.deepEqual(await collect((await files.get(kept.id)).body), patterned(10));
    await world.check();
  });

  test('by several at once, with updates between, is done once', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    const { id } = await files.put(patterned(10), SAID);
    const outcomes = await Promise.allSettled([
      files.remove(id),
      files.update(id, { name: 'x' }),
      files.remove(id),
      files.remove(id),
    ]);
    const removals = [outcomes[0], outcomes[2], outcomes[3]].filter(({ status }) => status === 'fulfilled');
    assert.equal(removals.length, 1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') assert.equal((outcome.reason as { code: string }).code, 'not-found');
    }
    await world.check();
    assert.deepEqual(world.blobs.keys(), []);
  });

  test('leaves to a sweep what the store does not remove now', async () => {
    const { world, vault } = await memoryVault();
    const { id } = await vault.tenant('default').put(patterned(10), SAID);
    const fail = (): Promise<never> => Promise.reject(new Error('the store is down'));
    using dying = await world.open({ blobs: { put: fail, get: fail, remove: fail } });
    await dying.tenant('default').remove(id);
    await rejection(vault.tenant('default').stat(id), 'not-found');
    assert.equal(world.blobs.keys().length, 1);
    await world.check();
    await vault.sweep({ grace: 0 });
    assert.deepEqual(world.blobs.keys(), []);
  });
});
