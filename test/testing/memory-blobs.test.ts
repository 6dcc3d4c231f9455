import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { blobStoreSuite } from '../../src/testing/blob-store-suite.ts';
import { MemoryBlobs } from '../../src/testing/memory-blobs.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { lentChunks, randomBlobKey } from '../../src/testing/test-bytes.ts';

blobStoreSuite('MemoryBlobs', () => {
  const store = new MemoryBlobs({ strict: false });
  return { store, keys: () => store.keys(), second: () => store, [Symbol.asyncDispose]: async () => undefined };
});

describe('MemoryBlobs', () => {
  test('holds its caller to the law: no key is put twice, not even after it was removed', async () => {
    const store = new MemoryBlobs();
    const key = randomBlobKey();
    await store.put(key, lentChunks(Uint8Array.of(1)));
    await store.remove(key);
    await assert.rejects(store.put(key, lentChunks(Uint8Array.of(1))), assert.AssertionError);
    assert.deepEqual(store.repeatedPuts, [key]);
    assert.deepEqual(store.keys(), []);
  });

  test('notes reads after a removal', async () => {
    const store = new MemoryBlobs();
    const key = randomBlobKey();
    await rejection(store.get(key), 'not-found');
    await store.put(key, lentChunks(Uint8Array.of(1)));
    await store.remove(key);
    assert.deepEqual(store.readsAfterRemove, []);
    await rejection(store.get(key), 'not-found');
    assert.deepEqual(store.readsAfterRemove, [key]);
  });

  test('overwrites what it lent', async () => {
    const store = new MemoryBlobs({ chunkLength: 2 });
    const key = randomBlobKey();
    await store.put(key, lentChunks(Uint8Array.of(1, 2, 3)));
    const kept: Uint8Array[] = [];
    for await (const chunk of await store.get(key)) kept.push(chunk);
    assert.deepEqual(
      kept.map((chunk) => Array.from(chunk)),
      [[0xdb, 0xdb], [0xdb]],
    );
  });
});
