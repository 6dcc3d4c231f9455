import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import type { DataKey } from '../../src/data-key.ts';
import { DataKey as Key } from '../../src/data-key.ts';
import { Crash, Faults, type Fault } from '../../src/testing/faulty.ts';
import { MemoryBlobs } from '../../src/testing/memory-blobs.ts';
import { MemoryCatalog } from '../../src/testing/memory-catalog.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { lentChunks, patterned, PausedSource, randomBlobKey } from '../../src/testing/test-bytes.ts';
import { newItem, put } from '../../src/testing/test-items.ts';

const bytes = patterned(1000);

function subject(fault?: Fault): { faults: Faults; honest: MemoryBlobs; blobs: MemoryBlobs } {
  const faults = new Faults(fault);
  const honest = new MemoryBlobs({ chunkLength: 400 });
  return { faults, honest, blobs: faults.wrap('blobs', honest) };
}

describe('Faults', () => {
  test('counts and names the calls of all ports, and when each can fail', async () => {
    const { faults, blobs } = subject();
    const catalog = faults.wrap('catalog', new MemoryCatalog());
    const key = randomBlobKey();
    await blobs.put(key, lentChunks(bytes));
    await catalog.write([put(newItem('p', 's'))]);
    assert.deepEqual(await collect(await blobs.get(key)), bytes);
    await blobs.remove(key);
    assert.equal(faults.fired, false);
    assert.deepEqual(faults.calls, [
      { name: 'blobs.put', moments: ['before', 'middle', 'after'] },
      { name: 'catalog.write', moments: ['before', 'after'] },
      { name: 'blobs.get', moments: ['before', 'middle', 'after'] },
      { name: 'blobs.remove', moments: ['before', 'after'] },
    ]);
  });

  test('passes errors and signals on', async () => {
    const { blobs } = subject();
    await rejection(blobs.get(randomBlobKey()), 'not-found');
    const controller = new AbortController();
    const source = new PausedSource(bytes);
    const putting = blobs.put(randomBlobKey(), source, { signal: controller.signal });
    await source.paused;
    controller.abort();
    await rejection(putting, 'cancelled');
  });

  describe('without a crash', () => {
    test('fails a put before, half-way through, or after it took effect, and nothing else', async () => {
      for (const [moment, kept] of [
        ['before', false],
        ['middle', false],
        ['after', true],
      ] as const) {
        const { faults, honest, blobs } = subject({ call: 2, moment });
        const keys = [randomBlobKey(), randomBlobKey(), randomBlobKey()];
        await blobs.put(keys[0]!, lentChunks(bytes));
        await rejection(blobs.put(keys[1]!, lentChunks(bytes)), 'unavailable');
        assert.ok(faults.fired);
        await blobs.put(keys[2]!, lentChunks(bytes));
        assert.deepEqual(
          keys.map((key) => honest.blobs.has(key)),
          [true, kept, true],
        );
        assert.equal(honest.unfinished.size, 0);
      }
    });

    test('fails a put of nothing half-way too', async () => {
      const { honest, blobs } = subject({ call: 1, moment: 'middle' });
      await rejection(blobs.put(randomBlobKey(), lentChunks(new Uint8Array(0))), 'unavailable');
      assert.deepEqual(honest.keys(), []);
    });

    test('breaks a stream that is read', async () => {
      const { blobs } = subject({ call: 2, moment: 'middle' });
      const key = randomBlobKey();
      await blobs.put(key, lentChunks(bytes));
      const chunks = (await blobs.get(key))[Symbol.asyncIterator]();
      const first = await chunks.next();
      assert.deepEqual(first.value, bytes.subarray(0, 200));
      await rejection(chunks.next(), 'unavailable');
      assert.equal((await blobs.get(key)) !== undefined, true);
    });

    test('lets go of what nobody receives', async () => {
      let key: DataKey | undefined;
      let returned = 0;
      const stream = (): AsyncIterable<Uint8Array> => ({
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: true, value: undefined }),
          return: async () => {
            returned++;
            return { done: true, value: undefined };
          },
        }),
      });
      const port = {
        unwrap: async () => (key = new Key(new Uint8Array(32))),
        generate: async () => ({ dataKey: (key = new Key(new Uint8Array(32))), edks: [] }),
        get: async () => stream(),
      };
      for (const method of ['unwrap', 'generate', 'get'] as const) {
        key = undefined;
        await rejection(new Faults({ call: 1, moment: 'after' }).wrap('port', port)[method](), 'unavailable');
        assert.equal(key === undefined || (key as DataKey).wiped, true);
      }
      assert.equal(returned, 1);
      const unread = await new Faults().wrap('port', port).get();
      await unread[Symbol.asyncIterator]().return?.();
      assert.equal(returned, 2);
    });
  });

  describe('with a crash', () => {
    test('makes no later call take effect', async () => {
      for (const [moment, kept] of [
        ['before', false],
        ['after', true],
      ] as const) {
        const { faults, honest, blobs } = subject({ call: 1, moment, crash: true });
        const catalog = new MemoryCatalog();
        const [key, later] = [randomBlobKey(), randomBlobKey()];
        await assert.rejects(blobs.put(key, lentChunks(bytes)), Crash);
        await assert.rejects(blobs.remove(key), Crash);
        await assert.rejects(blobs.put(later, lentChunks(bytes)), Crash);
        await assert.rejects(faults.wrap('catalog', catalog).write([put(newItem('p', 's'))]), Crash);
        assert.deepEqual(honest.keys(), kept ? [key] : []);
        assert.equal(catalog.items.size, 0);
      }
    });

    test('leaves half a put behind, which no cleaning up and no signal takes away', async () => {
      const { faults, honest, blobs } = subject({ call: 1, moment: 'middle', crash: true });
      const key = randomBlobKey();
      const controller = new AbortController();
      await assert.rejects(blobs.put(key, lentChunks(bytes), { signal: controller.signal }), Crash);
      controller.abort();
      await assert.rejects(blobs.remove(key), Crash);
      await new Promise(setImmediate);
      assert.deepEqual([honest.keys(), honest.blobs.size], [[key], 0]);
      assert.deepEqual(honest.unfinished.get(key), [bytes.slice(0, 500)]);
      await faults[Symbol.asyncDispose]();
      assert.deepEqual(honest.keys(), []);
    });

    test('takes what is under way with it: puts stop, streams break', async () => {
      await using scope = new AsyncDisposableStack();
      const { faults, honest, blobs } = subject({ call: 4, moment: 'before', crash: true });
      scope.use(faults);
      const [stored, growing] = [randomBlobKey(), randomBlobKey()];
      await blobs.put(stored, lentChunks(bytes));
      const source = new PausedSource(bytes);
      const putting = blobs.put(growing, source);
      await source.paused;
      const chunks = (await blobs.get(stored))[Symbol.asyncIterator]();
      await chunks.next();
      await assert.rejects(blobs.remove(stored), Crash);
      await assert.rejects(chunks.next(), Crash);
      await assert.rejects(putting, Crash);
      assert.deepEqual(honest.keys(), [stored, growing].sort());
    });
  });
});
