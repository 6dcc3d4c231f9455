import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ErrorCode } from '../../src/errors.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { PutOptions } from '../../src/vault/files.ts';
import { memoryVault } from '../support/memory-vault.ts';

function pairs(count: number, value = 'v'): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, value]));
}

const refused: readonly [what: string, options: Partial<Record<keyof PutOptions, unknown>>, code: ErrorCode][] = [
  ['no name', { name: undefined }, 'usage'],
  ['an empty name', { name: '' }, 'usage'],
  ['a name that is no text', { name: 7 }, 'usage'],
  ['a name of 1,025 bytes', { name: 'ü'.repeat(512) + 'x' }, 'limit'],
  ['a name with a line break', { name: 'a\nb' }, 'usage'],
  ['a name with a NUL', { name: 'a\0' }, 'usage'],
  ['a name with a control character of Latin-1', { name: 'a\u0085b' }, 'usage'],
  ['a name that is not well-formed', { name: '\ud800' }, 'usage'],
  ['an empty type', { type: '' }, 'usage'],
  ['a type that would break a header', { type: 'text/plain\r\nx: y' }, 'usage'],
  ['a type that is not ASCII', { type: 'text/ä' }, 'usage'],
  ['a type of 256 bytes', { type: 'x'.repeat(256) }, 'limit'],
  ['51 tags', { tags: pairs(51) }, 'limit'],
  ['a tag whose name is empty', { tags: { '': 'v' } }, 'usage'],
  ['a tag whose name is too long', { tags: { ['x'.repeat(129)]: 'v' } }, 'limit'],
  ['a tag whose value is too long', { tags: { a: 'x'.repeat(257) } }, 'limit'],
  ['a tag whose value is no text', { tags: { a: 1 } }, 'usage'],
  ['metadata of more than 16 KiB', { metadata: pairs(1, 'x'.repeat(16 * 1024)) }, 'limit'],
  ['metadata that is not well-formed', { metadata: { a: '\udc00' } }, 'usage'],
  ['metadata that is no text', { metadata: { a: null } }, 'usage'],
  ['a context of more than 4 KiB', { context: pairs(1, 'x'.repeat(4096)) }, 'limit'],
  ['a context that names the vault', { context: { 'sealroom:vault': 'x' } }, 'usage'],
  ['a context of a name that is reserved', { context: { 'aws-crypto-public-key': 'x' } }, 'usage'],
  ['a context with an empty value', { context: { a: '' } }, 'usage'],
  ['a context that is no text', { context: { a: 1 } }, 'usage'],
  ['an empty createdBy', { createdBy: '' }, 'usage'],
  ['a createdBy of 257 bytes', { createdBy: 'x'.repeat(257) }, 'limit'],
];

describe('put refuses before it reads a byte or writes anything', () => {
  for (const [what, options, code] of refused) {
    test(what, async () => {
      const { world, vault } = await memoryVault();
      const before = new Map(world.catalog.items);
      let pulled = false;
      const source: AsyncIterable<Uint8Array> = {
        [Symbol.asyncIterator]: () => {
          pulled = true;
          return { next: () => Promise.resolve({ done: true, value: undefined }) };
        },
      };
      const call = vault.tenant('default').put(source, { name: 'n', ...options } as PutOptions);
      await rejection(call, code);
      assert.ok(!pulled);
      assert.deepEqual(world.catalog.items, before);
      assert.deepEqual(world.blobs.keys(), []);
    });
  }
});

describe('update refuses the same', () => {
  for (const [what, options, code] of refused) {
    const { context, createdBy, name, ...changes } = options;
    if (context !== undefined || createdBy !== undefined || ('name' in options && name === undefined)) continue;
    test(what, async () => {
      const { world, vault } = await memoryVault();
      const stat = await vault.tenant('default').put([], { name: 'n' });
      const before = new Map(world.catalog.items);
      await rejection(
        vault.tenant('default').update(stat.id, { ...changes, ...('name' in options ? { name } : {}) } as object),
        code,
      );
      assert.deepEqual(world.catalog.items, before);
    });
  }
});

test('a file takes everything up to its limits at once, and the record stays small enough', async () => {
  const { world, vault } = await memoryVault({ segmentLength: 1 });
  const files = vault.tenant('default');
  const options = {
    name: '\u{1f600}'.repeat(256),
    type: 'x'.repeat(255),
    tags: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}`.padStart(128, 't'), '\u{1f600}'.repeat(64)])),
    metadata: { m: '"'.repeat(8 * 1024 - 10) },
    context: { c: '"'.repeat(4000) },
    createdBy: '\u{1f600}'.repeat(64),
  };
  const stat = await files.put(new Uint8Array(200), options);
  const { name, type, tags, metadata, context, createdBy } = await files.stat(stat.id);
  assert.deepEqual({ name, type, tags, metadata, context, createdBy }, options);
  await files.verify(stat.id);
  await world.check();
});

test('a source of another length than was announced leaves no file', async () => {
  const { world, vault } = await memoryVault();
  for (const size of [0, 49, 51])
    await rejection(vault.tenant('default').put(patterned(50), { name: 'n', size }), 'usage');
  assert.deepEqual(world.blobs.keys(), []);
  assert.equal((await vault.tenant('default').put(patterned(50), { name: 'n', size: 50 })).size, 50);
});
