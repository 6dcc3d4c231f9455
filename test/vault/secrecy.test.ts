/** What the stores see. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Keyring } from '../../src/ports.ts';
import { freshKeyring, memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';

/** A keyring that remembers every data key that it made or opened. */
function watchedKeyring(inner: Keyring, secrets: Uint8Array[]): Keyring {
  return {
    wrap: (...call) => inner.wrap(...call),
    generate: async (...call) => {
      const generated = await inner.generate(...call);
      secrets.push(generated.dataKey.bytes.slice());
      return generated;
    },
    unwrap: async (...call) => {
      const dataKey = await inner.unwrap(...call);
      if (dataKey !== null) secrets.push(dataKey.bytes.slice());
      return dataKey;
    },
  };
}

/** Every byte that a store was ever given: items that were replaced, blobs that were removed. */
function watchStores(world: World, seen: Buffer[]): { blobs: World['blobs']; catalog: World['catalog'] } {
  const set = world.catalog.items.set.bind(world.catalog.items);
  world.catalog.items.set = (key, item) => {
    seen.push(Buffer.from(key), Buffer.from(item.version), Buffer.from(item.data));
    return set(key, item);
  };
  const setBlob = world.blobs.blobs.set.bind(world.blobs.blobs);
  world.blobs.blobs.set = (key, blob) => {
    seen.push(Buffer.from(key), Buffer.from(blob));
    return setBlob(key, blob);
  };
  return world;
}

/** The bytes as they are, in hexadecimal, and in base64 at each of the places that they can have in a longer text. */
function formsOf(secret: Uint8Array): Buffer[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replaceAll('=', '');
    // The first and the last characters hold bits of the neighbours too.
    return text.slice(shift === 0 ? 0 : shift + 1, -2);
  });
  return [bytes, Buffer.from(bytes.toString('hex')), ...base64.map((text) => Buffer.from(text))];
}

describe('neither names nor keys reach a store', () => {
  const said = {
    name: 'quarterly-figures-of-the-moon.xlsx',
    type: 'application/x-moon-figures',
    tags: { 'tag-name-sickle': 'tag-value-hammer' },
    metadata: { 'meta-name-anvil': 'meta-value-tongs' },
    createdBy: 'creator-somebody',
    context: { 'public-name': 'public-value' },
  };
  const plaintext = Buffer.from('the plaintext of the file itself, which is long enough to be looked for ').toString();

  test('whatever is done with a file', async () => {
    const secrets: Uint8Array[] = [];
    const seen: Buffer[] = [];
    const key = Buffer.from('wrapping-key-of-thirty-two-bytes');
    const { world } = await memoryVault({
      segmentLength: 100,
      keyring: watchedKeyring(freshKeyring('test', key), secrets),
    });
    watchStores(world, seen);
    using vault = await world.open();
    await vault.createTenant('acme');
    const files = vault.tenant('acme');
    const { id } = await files.put(Buffer.from(plaintext.repeat(5)), said);
    await files.update(id, {
      name: 'renamed-figures-of-the-sun.csv',
      tags: { 'second-tag-plough': 'second-value-sword' },
    });
    await files.verify(id);
    await files.put(Buffer.from(plaintext), { ...said, name: 'another-name-altogether' });
    await files.remove(id);
    for (const blob of world.blobs.blobs.values()) seen.push(Buffer.from(blob));
    const all = Buffer.concat(seen);
    assert.ok(all.includes('public-value'), 'the context is public, and this search finds what is there');
    assert.ok(all.length > 5000 && secrets.length >= 4);
    const texts = [
      said.name,
      said.type,
      'tag-name-sickle',
      'tag-value-hammer',
      'meta-name-anvil',
      'meta-value-tongs',
      said.createdBy,
      'renamed-figures-of-the-sun.csv',
      'second-tag-plough',
      'second-value-sword',
      'another-name-altogether',
      plaintext.slice(0, 20),
      plaintext.slice(40, 60),
    ].map((text) => Buffer.from(text));
    for (const secret of [...texts, ...secrets, key]) {
      for (const form of formsOf(secret)) {
        assert.ok(form.length >= 8);
        assert.ok(!all.includes(form), `a store saw ${form.toString()}`);
      }
    }
  });

  test('and lengths of names are hidden to 256 bytes', async () => {
    const { world, vault } = await memoryVault();
    const sizes = new Set<number>();
    for (const length of [1, 2, 10, 30]) {
      const { id } = await vault.tenant('default').put([], { name: 'x'.repeat(length) });
      sizes.add(world.catalog.items.get(`file/default/0 ${id}`)!.data.length);
    }
    assert.equal(sizes.size, 1);
  });

  test('and no blob key tells whose it is', async () => {
    const { world, vault } = await memoryVault();
    for (let i = 0; i < 20; i++) await vault.tenant('default').put(new Uint8Array(10), { name: 'n' });
    const keys = world.blobs.keys();
    assert.equal(new Set(keys).size, 20);
    for (const key of keys) assert.match(key, /^[a-z2-7]{32}$/);
    const blobs = [...world.blobs.blobs.values()].map((blob) => Buffer.from(blob.slice(24)).toString('hex'));
    assert.equal(new Set(blobs).size, 20, 'equal files are not equal blobs');
  });
});
