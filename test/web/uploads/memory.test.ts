/** What a browser keeps of its uploads, and what its tabs know of each other's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lockedClaims } from '../../../web/src/uploads/claims.ts';
import { storedMemory } from '../../../web/src/uploads/memory.ts';

class FakeStorage {
  readonly items: Map<string, string> = new Map();
  full = false;

  get length(): number {
    return this.items.size;
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.full) throw new DOMException('full', 'QuotaExceededError');
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }

  clear(): void {
    this.items.clear();
  }
}

const DAY = 24 * 60 * 60 * 1000;

test('after a reload, it is known when a file was changed, and nothing else of it', () => {
  const storage = new FakeStorage();
  storedMemory(storage, () => 100).remember('id-1', 77);
  assert.deepEqual([...storage.items], [['sealroom.upload.id-1', '{"lastModified":77,"at":100}']]);
  const memory = storedMemory(storage, () => 200);
  assert.equal(memory.lastModifiedOf('id-1'), 77);
  assert.equal(memory.lastModifiedOf('id-2'), undefined);
  memory.forget('id-1');
  assert.equal(storage.length, 0);
});

test('what is old, or cannot be read, goes; what others keep stays', () => {
  const storage = new FakeStorage();
  storage.setItem('theme', 'dark');
  storage.setItem('sealroom.upload.broken', '{');
  storage.setItem('sealroom.upload.wrong', '{"lastModified":"5"}');
  storedMemory(storage, () => 0).remember('old', 1);
  storedMemory(storage, () => 20 * DAY).remember('young', 2);
  const memory = storedMemory(storage, () => 31 * DAY);
  assert.deepEqual([...storage.items.keys()], ['theme', 'sealroom.upload.young']);
  assert.equal(memory.lastModifiedOf('young'), 2);
});

test('a browser that can keep no more is no failure', () => {
  const storage = new FakeStorage();
  storage.full = true;
  const memory = storedMemory(storage, () => 0);
  memory.remember('id', 1);
  assert.equal(memory.lastModifiedOf('id'), undefined);
});

test('a claim is seen by other tabs until it is given back', async () => {
  const held = new Map<object, string>();
  const claims = lockedClaims({
    request: async (name, _options, whileHeld) => {
      const lock = {};
      held.set(lock, name);
      await whileHeld();
      held.delete(lock);
    },
    query: () => Promise.resolve({ held: Array.from(held.values(), (name) => ({ name })) }),
  });
  const giveBack = claims.claim('id-1');
  claims.claim('id-2');
  held.set({}, 'of something else');
  assert.deepEqual(await claims.claimed(), new Set(['id-1', 'id-2']));
  giveBack();
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(await claims.claimed(), new Set(['id-2']));
});
