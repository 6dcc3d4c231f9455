import assert from 'node:assert/strict';
import { concat } from '../bytes.ts';
import { cancellableChunks } from '../cancellable.ts';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import { checkBlobKey, checkBlobRange, type BlobStore } from '../ports.ts';
import { lentChunks } from './test-bytes.ts';

export interface MemoryBlobsOptions {
  /** Holds the caller to the law too: a second `put` of a key is an assertion error, not `exists`. On by default. */
  readonly strict?: boolean | undefined;
  /** Length of the chunks that `get` lends. */
  readonly chunkLength?: number | undefined;
}

/** A blob store in memory for tests. It reuses the memory of what it lends, and its contents are there to look at. */
export class MemoryBlobs implements BlobStore {
  /** Finished blobs. Tests may change, swap and delete them behind the store's back. */
  readonly blobs: Map<string, Uint8Array> = new Map();
  /** What a put has taken in so far; a put that never ended leaves it here. */
  readonly unfinished: Map<string, Uint8Array[]> = new Map();
  /** Each key asked for after it was removed. */
  readonly readsAfterRemove: string[] = [];
  /** Each key that was put a second time. */
  readonly repeatedPuts: string[] = [];
  readonly #everPut = new Set<string>();
  readonly #removed = new Set<string>();
  readonly #strict: boolean;
  readonly #chunkLength: number;

  constructor({ strict = true, chunkLength = 64 * 1024 }: MemoryBlobsOptions = {}) {
    this.#strict = strict;
    this.#chunkLength = chunkLength;
  }

  /** Keys of all that takes up room, the leftovers of unfinished puts included. */
  keys(): string[] {
    return [...new Set([...this.blobs.keys(), ...this.unfinished.keys()])].sort();
  }

  async put(...[key, chunks, options = {}]: Parameters<BlobStore['put']>): Promise<void> {
    checkBlobKey(key);
    const { signal, size } = options;
    throwIfCancelled(signal);
    this.#notePut(key);
    if (this.blobs.has(key) || this.unfinished.has(key)) throw new SealroomError('exists', 'a blob key is taken');
    const parts: Uint8Array[] = [];
    this.unfinished.set(key, parts);
    try {
      let length = 0;
      for await (const chunk of cancellableChunks(chunks, signal)) {
        parts.push(chunk.slice());
        length += chunk.length;
        if (size !== undefined && length > size) break;
      }
      if (size !== undefined && length !== size) {
        throw new SealroomError('usage', 'the source has another length than was announced');
      }
      if (this.unfinished.get(key) !== parts) {
        throw new SealroomError('interrupted', 'a blob was removed while it was written');
      }
      this.blobs.set(key, concat(parts));
    } finally {
      if (this.unfinished.get(key) === parts) this.unfinished.delete(key);
    }
  }

  #notePut(key: string): void {
    if (this.#everPut.has(key)) {
      this.repeatedPuts.push(key);
      assert.ok(!this.#strict, 'a blob key was put twice, which the law of BlobStore forbids its caller');
    }
    this.#everPut.add(key);
  }

  async get(...[key, options = {}]: Parameters<BlobStore['get']>): Promise<AsyncIterable<Uint8Array>> {
    checkBlobKey(key);
    const { signal, range } = options;
    checkBlobRange(range);
    throwIfCancelled(signal);
    const blob = this.blobs.get(key);
    if (blob === undefined) {
      if (this.#removed.has(key)) this.readsAfterRemove.push(key);
      throw new SealroomError('not-found', 'a blob is not there');
    }
    const part = range === undefined ? blob : blob.subarray(range.start, range.end);
    return cancellableChunks(lentChunks(part, this.#chunkLength), signal);
  }

  async remove(...[key, options = {}]: Parameters<BlobStore['remove']>): Promise<void> {
    checkBlobKey(key);
    throwIfCancelled(options.signal);
    this.unfinished.delete(key);
    this.blobs.delete(key);
    this.#removed.add(key);
  }
}
