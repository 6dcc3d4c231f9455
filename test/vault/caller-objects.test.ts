/** What a caller hands over is what was checked, and of the kind that was asked for. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import type { Bytes } from '../../src/bytes.ts';
import { encrypt } from '../../src/envelope/encrypt.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { memoryVault } from '../support/memory-vault.ts';
import { staticKeyring } from '../support/static-keyring.ts';
import { drain } from '../support/streams.ts';

/** What a caller may do with his own objects, and a vault would refuse. */
function spoil(given: { name: string; tags: Record<string, string>; metadata: Record<string, string> }): void {
  given.name = 'line\nbreak';
  given.tags['x'.repeat(200)] = 'too long';
  delete given.metadata['m'];
  given.metadata['lone'] = '\ud800';
}

describe('objects that change right after the call', () => {
  test('change nothing of an update', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    const { id } = await files.put([], { name: 'n' });
    const changes = { name: 'new', tags: { t: '1' }, metadata: { m: '2' } };
    const asked = structuredClone(changes);
    const updating = files.update(id, changes);
    spoil(changes);
    const { name, tags, metadata } = await updating;
    assert.deepEqual({ name, tags, metadata }, asked);
    const kept = await files.stat(id);
    assert.deepEqual({ name: kept.name, tags: kept.tags, metadata: kept.metadata }, asked);
    await world.check();
  });

  test('change nothing of a put', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    const options = { name: 'new', tags: { t: '1' }, metadata: { m: '2' }, context: { c: '3' } };
    const asked = structuredClone(options);
    const putting = files.put(patterned(20), options);
    spoil(options);
    options.context.c = '';
    const { id } = await putting;
    const { name, tags, metadata, context } = await files.stat(id);
    assert.deepEqual({ name, tags, metadata, context }, asked);
    await files.verify(id);
    await world.check();
  });
});

const texts: Record<string, () => unknown> = {
  'a string': () => 'text',
  'an empty string': () => '',
  'a stream with an encoding': () => Readable.from([Buffer.from('text')], { objectMode: false }).setEncoding('utf8'),
  'a stream of strings': () => Readable.from(['text']),
  'an array of strings': () => ['text'],
  'bytes and then a string': () => [patterned(10), 'text'],
};

describe('text where bytes are wanted', () => {
  for (const [what, make] of Object.entries(texts)) {
    test(`is refused by put: ${what}`, async () => {
      const { world, vault } = await memoryVault();
      const before = new Map(world.catalog.items);
      await rejection(vault.tenant('default').put(make() as Bytes, { name: 'n' }), 'usage');
      assert.deepEqual(world.catalog.items, before);
      assert.deepEqual(world.blobs.keys(), []);
    });

    test(`is refused by encrypt: ${what}`, async () => {
      const encrypted = drain(encrypt(make() as Bytes, { keyring: staticKeyring() }));
      await rejection(
        encrypted.then(({ error }) => Promise.reject(error as Error)),
        'usage',
      );
    });
  }
});
