/**
 * A blob store elsewhere, and its blobs here: what a test changes among `blobs` is changed there before the next call,
 * and what a call changes there is seen in `blobs` when it settles. Every answer is the real store's.
 */
import { concat } from '../../../src/bytes.ts';
import type { BlobStore } from '../../../src/ports.ts';
import { MemoryBlobs } from '../../../src/testing/memory-blobs.ts';
import type { RawBucket } from './raw-bucket.ts';

export class MirroredBlobs extends MemoryBlobs {
  readonly #store: BlobStore;
  readonly #raw: RawBucket;
  /** What was there when it was last known. */
  readonly #known = new Map<string, Uint8Array>();
  #pushed: Promise<void> = Promise.resolve();

  constructor(store: BlobStore, raw: RawBucket) {
    super();
    this.#store = store;
    this.#raw = raw;
  }

  override async put(...[key, chunks, options]: Parameters<BlobStore['put']>): Promise<void> {
    await this.#push();
    const parts: Uint8Array[] = [];
    this.unfinished.set(key, parts);
    try {
      await this.#store.put(key, recorded(chunks, parts), options);
      this.#set(key, concat(parts));
    } catch (error) {
      await this.#look(key);
      throw error;
    } finally {
      if (this.unfinished.get(key) === parts) this.unfinished.delete(key);
    }
  }

  override async get(...call: Parameters<BlobStore['get']>): Promise<AsyncIterable<Uint8Array>> {
    await this.#push();
    return this.#store.get(...call);
  }

  override async remove(...[key, options]: Parameters<BlobStore['remove']>): Promise<void> {
    await this.#push();
    try {
      await this.#store.remove(key, options);
      this.unfinished.delete(key);
      this.#set(key, undefined);
    } catch (error) {
      await this.#look(key);
      throw error;
    }
  }

  /** After a call of which nobody knows what became. */
  async #look(key: string): Promise<void> {
    this.#set(key, await this.#raw.get(key));
  }

  #set(key: string, bytes: Uint8Array | undefined): void {
    if (bytes === undefined) {
      this.blobs.delete(key);
      this.#known.delete(key);
    } else {
      this.blobs.set(key, bytes);
      this.#known.set(key, bytes.slice());
    }
  }

  #push(): Promise<void> {
    const pushed = this.#pushed.then(() => this.#pushChanges());
    this.#pushed = pushed.catch(() => undefined);
    return pushed;
  }

  async #pushChanges(): Promise<void> {
    for (const [key, bytes] of this.blobs) {
      const known = this.#known.get(key);
      if (known !== undefined && Buffer.compare(known, bytes) === 0) continue;
      this.#known.set(key, bytes.slice());
      await this.#raw.put(key, bytes);
    }
    for (const key of this.#known.keys()) {
      if (this.blobs.has(key)) continue;
      this.#known.delete(key);
      await this.#raw.remove(key);
    }
  }
}

/** The same chunks, of which copies are kept. No generator: it would not pass `return` on before it started. */
function recorded(chunks: AsyncIterable<Uint8Array>, parts: Uint8Array[]): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = chunks[Symbol.asyncIterator]();
      return {
        next: async () => {
          const next = await iterator.next();
          if (!next.done) parts.push(next.value.slice());
          return next;
        },
        return: async () => {
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
