import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { collect } from '../../src/bytes.ts';
import { SealroomError } from '../../src/errors.ts';
import type { BlobStore } from '../../src/ports.ts';
import { blobStoreSuite } from '../../src/testing/blob-store-suite.ts';
import { MemoryBlobs } from '../../src/testing/memory-blobs.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { lentChunks, patterned, randomBlobKey } from '../../src/testing/test-bytes.ts';
import { withResumedReads } from '../../src/with/retry.ts';
import { drain, iteratorOf, TrackedSource } from '../support/streams.ts';

const unavailable = (): SealroomError => new SealroomError('unavailable', 'it broke');
/** Small blobs: a byte is progress enough. */
const atOnce = { pause: async (): Promise<void> => undefined, progress: 1 };

/** One thing that a call of `get` does: fail at once, or break after so many bytes; none: nothing goes wrong. */
type Step = { readonly refuse: Error } | { readonly breakAfter: number; readonly error: Error } | undefined;

/** Answers each call of `get` as the next step says. */
class BreakingStore implements BlobStore {
  readonly asked: { readonly start: number; readonly end: number }[] = [];
  readonly sources: TrackedSource[] = [];
  readonly #bytes: Uint8Array;
  readonly #steps: readonly Step[];
  readonly #chunkLength: number;

  constructor(bytes: Uint8Array, steps: readonly Step[], chunkLength = 7) {
    this.#bytes = bytes;
    this.#steps = steps;
    this.#chunkLength = chunkLength;
  }

  async get(...[, options = {}]: Parameters<BlobStore['get']>): Promise<AsyncIterable<Uint8Array>> {
    const { start, end } = options.range ?? { start: 0, end: Number.MAX_SAFE_INTEGER };
    const step = this.#steps[this.asked.push({ start, end }) - 1];
    if (step !== undefined && 'refuse' in step) throw step.refuse;
    const part = this.#bytes.subarray(start, end);
    const given = step === undefined ? part : part.subarray(0, step.breakAfter);
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < given.length; at += this.#chunkLength) {
      chunks.push(given.subarray(at, at + this.#chunkLength), new Uint8Array(0));
    }
    const source = new TrackedSource(chunks, step?.error);
    this.sources.push(source);
    return source;
  }

  async put(): Promise<void> {
    throw unavailable();
  }

  async remove(): Promise<void> {
    throw unavailable();
  }
}

blobStoreSuite('withResumedReads', () => {
  const memory = new MemoryBlobs({ strict: false });
  const store = withResumedReads(memory);
  return {
    store,
    keys: () => memory.keys(),
    second: () => withResumedReads(memory),
    [Symbol.asyncDispose]: async () => undefined,
  };
});

describe('withResumedReads', () => {
  test('repeats and skips no byte, wherever streams break', async () => {
    const step = fc.oneof(
      fc.record({ breakAfter: fc.nat(300), error: fc.constant(unavailable()) }),
      fc.record({ refuse: fc.constant(unavailable()) }),
    );
    const range = fc.option(fc.tuple(fc.nat(1200), fc.nat(1200)), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1000),
        fc.array(step, { maxLength: 12 }),
        range,
        fc.integer({ min: 1, max: 400 }),
        async (length, steps, ends, chunkLength) => {
          const bytes = patterned(length);
          const [start = 0, end = Number.MAX_SAFE_INTEGER] = ends?.toSorted((a, b) => a - b) ?? [];
          const wanted = bytes.subarray(start, end);
          // The first call is the caller's own.
          const store = new BreakingStore(bytes, [undefined, ...steps].slice(1), chunkLength);
          const opening = withResumedReads(store, atOnce).get(randomBlobKey(), ends && { range: { start, end } });
          const opened = await opening.catch(() => undefined);
          if (opened === undefined) return assert.ok(steps[0] !== undefined && 'refuse' in steps[0]);
          const { bytes: read, error } = await drain(opened);
          if (error === undefined) assert.deepEqual(read, wanted.slice());
          else assert.deepEqual(read, wanted.slice(0, read.length));
          assert.ok(store.asked.every((asked) => asked.end === end && asked.start >= start));
        },
      ),
    );
  });

  test('goes on after many breaks, as long as bytes come', async () => {
    const bytes = patterned(1000);
    const store = new BreakingStore(
      bytes,
      Array.from({ length: 50 }, () => ({ breakAfter: 8, error: unavailable() })),
    );
    assert.deepEqual(await collect(await withResumedReads(store, atOnce).get(randomBlobKey())), bytes);
    assert.equal(store.asked.length, 51);
    assert.deepEqual(
      store.asked.map(({ start }) => start),
      Array.from({ length: 51 }, (_, i) => 8 * i),
    );
  });

  test('gives up after three times in a row without a byte', async () => {
    const [breaks, refusal] = [{ breakAfter: 0, error: unavailable() }, { refuse: unavailable() }];
    const waits: number[] = [];
    const pause = async (failures: number): Promise<void> => void waits.push(failures);
    const last = unavailable();
    const store = new BreakingStore(patterned(100), [
      { breakAfter: 10, error: unavailable() },
      breaks,
      refusal,
      { refuse: last },
    ]);
    const { bytes, error } = await drain(await withResumedReads(store, { pause, progress: 1 }).get(randomBlobKey()));
    assert.equal(error, last);
    assert.deepEqual(bytes, patterned(100).slice(0, 10));
    assert.deepEqual(waits, [1, 2, 3]);
    assert.equal(store.asked.length, 4);
  });

  test('gives up after three times in a row with next to nothing between', async () => {
    const steps = Array.from({ length: 50 }, () => ({ breakAfter: 8, error: unavailable() }));
    const store = new BreakingStore(patterned(1000), steps);
    const { bytes, error } = await drain(
      await withResumedReads(store, { ...atOnce, progress: 9 }).get(randomBlobKey()),
    );
    assert.equal((error as SealroomError).code, 'unavailable');
    assert.deepEqual([bytes.length, store.asked.length], [32, 4]);
    assert.deepEqual(
      await collect(
        await withResumedReads(new BreakingStore(patterned(1000), steps), { ...atOnce, progress: 8 }).get(
          randomBlobKey(),
        ),
      ),
      patterned(1000),
    );
  });

  test('counts anew once a byte came, and not for an empty chunk', async () => {
    const breaks = { breakAfter: 0, error: unavailable() };
    const steps = [breaks, breaks, breaks, { breakAfter: 1, error: unavailable() }, breaks, breaks, undefined];
    const store = new BreakingStore(patterned(100), steps);
    assert.deepEqual(await collect(await withResumedReads(store, atOnce).get(randomBlobKey())), patterned(100));

    let opened = 0;
    const get = async (): Promise<AsyncIterable<Uint8Array>> => {
      opened++;
      return new TrackedSource([new Uint8Array(0)], unavailable());
    };
    const never: BlobStore = { get, put: atOnce.pause, remove: atOnce.pause };
    await rejection(collect(await withResumedReads(never, atOnce).get(randomBlobKey())), 'unavailable');
    assert.equal(opened, 4);
  });

  test('lets other errors pass, from a stream and from where it is opened again', async () => {
    const others = [new SealroomError('damaged', 'no blob'), new Error('a fault')];
    for (const other of others) {
      const broken = new BreakingStore(patterned(100), [{ breakAfter: 10, error: other }]);
      const first = await drain(await withResumedReads(broken, atOnce).get(randomBlobKey()));
      assert.equal(first.error, other);
      assert.equal(broken.asked.length, 1);
      const gone = new BreakingStore(patterned(100), [{ breakAfter: 10, error: unavailable() }, { refuse: other }]);
      assert.equal((await drain(await withResumedReads(gone, atOnce).get(randomBlobKey()))).error, other);
    }
    const refused = new BreakingStore(patterned(100), [{ refuse: unavailable() }]);
    await rejection(withResumedReads(refused, atOnce).get(randomBlobKey()), 'unavailable');
    assert.equal(refused.asked.length, 1, 'the first call is tried again by the store alone');
  });

  test('ends for good after an error', async () => {
    const store = new BreakingStore(patterned(100), [{ breakAfter: 0, error: new Error('a fault') }]);
    const chunks = iteratorOf(await withResumedReads(store, atOnce).get(randomBlobKey()));
    await assert.rejects(chunks.next());
    assert.deepEqual(await chunks.next(), { done: true, value: undefined });
  });

  test('never puts or removes a second time', async () => {
    const store = withResumedReads(new BreakingStore(patterned(1), []), atOnce);
    await rejection(store.put(randomBlobKey(), lentChunks(patterned(1))), 'unavailable');
    await rejection(store.remove(randomBlobKey()), 'unavailable');
  });

  test('lets go of the stream that is open now', async () => {
    const store = new BreakingStore(patterned(100), [{ breakAfter: 10, error: unavailable() }]);
    const chunks = iteratorOf(await withResumedReads(store, atOnce).get(randomBlobKey()));
    for (let given = 0; given < 20;) given += (await chunks.next()).value!.length;
    await chunks.return?.();
    assert.deepEqual(
      store.sources.map(({ returns }) => returns),
      [0, 1],
    );
    assert.deepEqual(await chunks.next(), { done: true, value: undefined });
    const unread = iteratorOf(await withResumedReads(store, atOnce).get(randomBlobKey()));
    await unread.return?.();
    assert.equal(store.sources.at(-1)!.returns, 1);
  });

  test('is cancelled, and given up, while it waits to open again', async () => {
    for (const give of ['cancel', 'return'] as const) {
      const store = new BreakingStore(patterned(100), [{ breakAfter: 0, error: unavailable() }]);
      const controller = new AbortController();
      const waiting = Promise.withResolvers<void>();
      const pause = async (_: number, signal: AbortSignal): Promise<void> => {
        waiting.resolve();
        await new Promise((_resolve, reject) => signal.addEventListener('abort', reject));
      };
      const { signal } = controller;
      const chunks = iteratorOf(await withResumedReads(store, { pause, progress: 1 }).get(randomBlobKey(), { signal }));
      const next = chunks.next();
      await waiting.promise;
      if (give === 'cancel') {
        controller.abort();
        await rejection(next, 'cancelled');
      } else {
        await chunks.return?.();
        assert.deepEqual(await next, { done: true, value: undefined });
      }
      assert.equal(store.asked.length, 1);
    }
  });

  test('lets go of a stream that opens after it was given up', async () => {
    const broken = new TrackedSource([], unavailable());
    const late = new TrackedSource([patterned(10)]);
    const opened = Promise.withResolvers<AsyncIterable<Uint8Array>>();
    const asked = Promise.withResolvers<void>();
    let calls = 0;
    const get = async (): Promise<AsyncIterable<Uint8Array>> => {
      if (calls++ === 0) return broken;
      asked.resolve();
      return opened.promise;
    };
    const chunks = iteratorOf(
      await withResumedReads({ get, put: atOnce.pause, remove: atOnce.pause }, atOnce).get(randomBlobKey()),
    );
    const next = chunks.next();
    await asked.promise;
    await chunks.return?.();
    opened.resolve(late);
    assert.deepEqual(await next, { done: true, value: undefined });
    assert.deepEqual([late.taken, late.returns], [0, 1]);
  });
});
