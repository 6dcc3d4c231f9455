/** The law of `BlobStore` as tests: call `blobStoreSuite` in a test file of `node:test`, with a store of your own. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { collect } from '../bytes.ts';
import { SealroomError } from '../errors.ts';
import type { BlobStore } from '../ports.ts';
import { rejection } from './rejects.ts';
import { lentChunks, patterned, PausedSource, randomBlobKey } from './test-bytes.ts';

export interface BlobStoreSubject extends AsyncDisposable {
  readonly store: BlobStore;
  /** The keys of all that takes up room, the leftovers of unfinished puts included. */
  readonly keys: () => readonly string[] | Promise<readonly string[]>;
  /** Another store over the same storage, as another process would open it; the same one where none can be. */
  readonly second: () => BlobStore | Promise<BlobStore>;
  /** How many files or connections streams hold open, where that can be told. */
  readonly held?: () => number | Promise<number>;
}

const MEBIBYTE = 1024 * 1024;

const WRONG_KEYS = [
  '',
  'a'.repeat(31),
  'a'.repeat(33),
  'A'.repeat(32),
  `${'a'.repeat(31)}1`,
  `${'a'.repeat(32)}\n`,
  `../${'a'.repeat(29)}`,
  `${'a'.repeat(15)}/${'a'.repeat(16)}`,
  `${'a'.repeat(31)}ä`,
];

/** @param factory called once for each test, which disposes what it gets */
export function blobStoreSuite(name: string, factory: () => BlobStoreSubject | Promise<BlobStoreSubject>): void {
  const law = (title: string, verify: (subject: BlobStoreSubject) => Promise<void>): void => {
    test(title, async () => {
      await using subject = await factory();
      await verify(subject);
      assert.equal((await subject.held?.()) ?? 0, 0, 'a file or connection is still held');
    });
  };

  describe(`${name} keeps the law of BlobStore`, () => {
    law('gives back what was put, however it was cut', async ({ store }) => {
      for (const length of [0, 1, 1000, 65_536, 65_537]) {
        for (const chunkLength of [997, 65_536]) {
          const key = randomBlobKey();
          const bytes = patterned(length);
          await store.put(key, lentChunks(bytes, chunkLength));
          await assertHolds(store, key, bytes);
        }
      }
    });

    law('takes empty chunks', async ({ store }) => {
      const key = randomBlobKey();
      await store.put(key, stream([], [1], [], [], [2, 3], []));
      await assertHolds(store, key, Uint8Array.of(1, 2, 3));
    });

    law('keeps a large blob, and lends it in parts', async ({ store }) => {
      const key = randomBlobKey();
      const bytes = patterned(9 * MEBIBYTE + 1);
      await store.put(key, lentChunks(bytes, 300_000), { size: bytes.length });
      const hash = createHash('sha256');
      let chunks = 0;
      for await (const chunk of await store.get(key)) {
        hash.update(chunk);
        chunks++;
      }
      assert.equal(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'));
      assert.ok(chunks > 1, 'the blob came as one chunk');
    });

    law('keeps blobs apart', async ({ store, keys }) => {
      const blobs = new Map(Array.from({ length: 8 }, (_, i) => [randomBlobKey(), patterned(100 + i)]));
      await Promise.all([...blobs].map(([key, bytes]) => store.put(key, lentChunks(bytes, 64))));
      for (const [key, bytes] of blobs) await assertHolds(store, key, bytes);
      assert.deepEqual([...(await keys())].sort(), [...blobs.keys()].sort());
    });

    law('shows another process what it did as soon as it did it', async ({ store, second }) => {
      const other = await second();
      const key = randomBlobKey();
      await store.put(key, stream([1, 2, 3]));
      await assertHolds(other, key, Uint8Array.of(1, 2, 3));
      await rejection(other.put(key, stream([4])), 'exists');
      await other.remove(key);
      await rejection(store.get(key), 'not-found');
    });

    law('reads ranges, which may lie past the end', async ({ store }) => {
      const key = randomBlobKey();
      const bytes = patterned(2 * MEBIBYTE + 10);
      const { length } = bytes;
      await store.put(key, lentChunks(bytes, MEBIBYTE));
      for (const [start, end] of [
        [0, 0],
        [0, 1],
        [5, 5],
        [0, length],
        [1, length - 1],
        [MEBIBYTE - 1, MEBIBYTE + 1],
        [length - 1, length],
        [length - 1, length + 10],
        [length, length + 1],
        [length, length],
        [length + 100, length + 200],
        [0, Number.MAX_SAFE_INTEGER],
      ] as const) {
        const part = await collect(await store.get(key, { range: { start, end } }));
        assert.ok(Buffer.from(part).equals(bytes.subarray(start, end)), `bytes ${start} to ${end}`);
      }
    });

    law('reads ranges of an empty blob', async ({ store }) => {
      const key = randomBlobKey();
      await store.put(key, stream());
      assert.equal((await collect(await store.get(key, { range: { start: 0, end: 5 } }))).length, 0);
      assert.equal((await collect(await store.get(key, { range: { start: 3, end: 5 } }))).length, 0);
    });

    law('refuses a range that is none', async ({ store }) => {
      const key = randomBlobKey();
      await store.put(key, stream([1]));
      for (const [start, end] of [
        [1, 0],
        [-1, 1],
        [0, 0.5],
        [Number.NaN, 1],
      ] as const) {
        await rejection(store.get(key, { range: { start, end } }), 'usage');
      }
    });

    law('serves several readers of a blob at once', async ({ store }) => {
      const key = randomBlobKey();
      const bytes = patterned(3 * MEBIBYTE);
      await store.put(key, lentChunks(bytes, MEBIBYTE));
      await Promise.all([0, 1, 2].map(() => assertHolds(store, key, bytes)));
    });

    law('never overwrites', async ({ store, keys }) => {
      const key = randomBlobKey();
      await store.put(key, stream([1, 2, 3]));
      await rejection(store.put(key, stream([4, 5])), 'exists');
      await rejection(store.put(key, stream()), 'exists');
      await assertHolds(store, key, Uint8Array.of(1, 2, 3));
      assert.deepEqual(await keys(), [key]);
    });

    law('lets one of two puts of a key win, whole', async ({ store, second }) => {
      const other = await second();
      const key = randomBlobKey();
      const both = [patterned(100_000), patterned(50_000).fill(7, 10)];
      const outcomes = await Promise.allSettled([
        store.put(key, lentChunks(both[0]!, 1000)),
        other.put(key, lentChunks(both[1]!, 1000)),
      ]);
      const won = outcomes.findIndex(({ status }) => status === 'fulfilled');
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      await assertHolds(store, key, both[won]!);
    });

    law('takes the size it was told, and no other', async ({ store }) => {
      const bytes = patterned(1000);
      const right = randomBlobKey();
      await store.put(right, lentChunks(bytes, 300), { size: 1000 });
      await assertHolds(store, right, bytes);
      const empty = randomBlobKey();
      await store.put(empty, stream(), { size: 0 });
      await assertHolds(store, empty, new Uint8Array(0));
      for (const size of [0, 999, 1001]) {
        const key = randomBlobKey();
        await rejection(store.put(key, lentChunks(bytes, 300), { size }), 'usage');
        await assertAbsent(store, key);
      }
    });

    law('keeps nothing when the source throws, and throws the same', async ({ store }) => {
      const errors = [new Error('a source of another kind'), new SealroomError('not-found', 'a source of ours')];
      for (const error of errors) {
        for (const chunks of [[], [[1, 2, 3]], [[1], [2], [3]]]) {
          const key = randomBlobKey();
          await assert.rejects(store.put(key, throwing(error, ...chunks)), (thrown) => thrown === error);
          await assertAbsent(store, key);
        }
      }
    });

    law('keeps nothing when it is cancelled, before or between chunks', async ({ store }) => {
      const before = randomBlobKey();
      await rejection(store.put(before, stream([1]), { signal: AbortSignal.abort() }), 'cancelled');
      await assertAbsent(store, before);

      const between = randomBlobKey();
      const controller = new AbortController();
      const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        yield Uint8Array.of(1);
        controller.abort();
        yield Uint8Array.of(2);
      };
      await rejection(store.put(between, source(), { signal: controller.signal }), 'cancelled');
      await assertAbsent(store, between);
    });

    law('is cancelled while its source is silent, and gives the source up', async ({ store }) => {
      const key = randomBlobKey();
      const controller = new AbortController();
      const source = new PausedSource(patterned(1000));
      const put = store.put(key, source, { signal: controller.signal });
      await source.paused;
      controller.abort();
      await rejection(put, 'cancelled');
      assert.ok(source.givenUp, 'the source was not told');
      await assertAbsent(store, key);
    });

    law('shows nothing of a blob before it is whole', async ({ store, second }) => {
      const key = randomBlobKey();
      const source = new PausedSource(patterned(1000));
      const put = store.put(key, source);
      await source.paused;
      await assertAbsent(store, key);
      await assertAbsent(await second(), key);
      source.resume();
      await put;
      await assertHolds(store, key, patterned(1000));
    });

    law('rejects for an absent key before any stream', async ({ store }) => {
      await assertAbsent(store, randomBlobKey());
    });

    law('removes, once or twice, and nothing else', async ({ store, keys }) => {
      const [gone, stays] = [randomBlobKey(), randomBlobKey()];
      await store.put(gone, stream([1]));
      await store.put(stays, stream([2]));
      await store.remove(gone);
      await store.remove(gone);
      await store.remove(randomBlobKey());
      await assertAbsent(store, gone);
      await assertHolds(store, stays, Uint8Array.of(2));
      assert.deepEqual(await keys(), [stays]);
    });

    law('removes what failed puts left', async ({ store, keys }) => {
      const tried = [randomBlobKey(), randomBlobKey(), randomBlobKey()];
      const refused = new Error('a source that breaks');
      await assert.rejects(store.put(tried[0]!, throwing(refused, [1, 2, 3])));
      await assert.rejects(store.put(tried[1]!, stream([1, 2, 3]), { size: 2 }));
      await assert.rejects(store.put(tried[2]!, stream([1]), { signal: AbortSignal.abort() }));
      for (const key of tried) await store.remove(key);
      assert.deepEqual(await keys(), []);
    });

    law('leaves nothing of a put that is removed while it writes, once it is removed again', async (subject) => {
      const { store } = subject;
      for (const remover of [store, await subject.second()]) {
        const key = randomBlobKey();
        const source = new PausedSource(patterned(1000));
        const put = store.put(key, source);
        await source.paused;
        await remover.remove(key);
        source.resume();
        await Promise.allSettled([put]);
        await remover.remove(key);
        await assertAbsent(store, key);
        assert.deepEqual(await subject.keys(), []);
      }
    });

    law('lets go of a stream that is given up, begun or not', async ({ store, held }) => {
      const key = randomBlobKey();
      const bytes = patterned(3 * MEBIBYTE);
      await store.put(key, lentChunks(bytes, MEBIBYTE));
      for (let i = 0; i < 5; i++) {
        for await (const chunk of await store.get(key)) {
          assert.ok(chunk.length > 0);
          break;
        }
        const unread = (await store.get(key))[Symbol.asyncIterator]();
        await unread.return?.();
        assert.equal((await unread.next()).done, true);
      }
      assert.equal((await held?.()) ?? 0, 0);
      await assertHolds(store, key, bytes);
    });

    law('breaks a stream that is cancelled, and never ends it as if it were whole', async ({ store }) => {
      const key = randomBlobKey();
      await store.put(key, lentChunks(patterned(8 * MEBIBYTE), MEBIBYTE));
      await rejection(store.get(key, { signal: AbortSignal.abort() }), 'cancelled');
      const controller = new AbortController();
      const chunks = await store.get(key, { signal: controller.signal });
      const read = async (): Promise<void> => {
        for await (const chunk of chunks) if (chunk.length > 0) controller.abort();
      };
      await rejection(read(), 'cancelled');
    });

    law('does not remove once the signal has fired', async ({ store }) => {
      const key = randomBlobKey();
      await store.put(key, stream([1]));
      await rejection(store.remove(key, { signal: AbortSignal.abort() }), 'cancelled');
      await assertHolds(store, key, Uint8Array.of(1));
    });

    law('refuses what is no blob key, whatever it is asked to do', async ({ store, keys }) => {
      for (const key of WRONG_KEYS) {
        await rejection(store.put(key, stream([1])), 'damaged');
        await rejection(store.get(key), 'damaged');
        await rejection(store.remove(key), 'damaged');
      }
      assert.deepEqual(await keys(), []);
    });
  });
}

async function* stream(...chunks: (readonly number[])[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const chunk of chunks) yield Uint8Array.from(chunk);
}

async function* throwing(error: Error, ...chunks: number[][]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* stream(...chunks);
  throw error;
}

async function assertHolds(store: BlobStore, key: string, bytes: Uint8Array): Promise<void> {
  const found = await collect(await store.get(key));
  assert.ok(Buffer.from(found).equals(bytes), `a blob of ${bytes.length} bytes is not what was put`);
}

async function assertAbsent(store: BlobStore, key: string): Promise<void> {
  await rejection(store.get(key), 'not-found');
}
