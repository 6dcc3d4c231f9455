/** Streams that go on after a break, and a blob store whose streams do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cancelled, isSealroomError } from '../errors.ts';
import type { BlobStore } from '../ports.ts';

export interface ResumeOptions {
  /** Waits before a blob is opened again; how often nothing had come before is counted from 1. */
  readonly pause?: ((failures: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** Bytes after which a break is no sign of another to come: 64 KiB unless given. */
  readonly progress?: number | undefined;
}

/** How often a stream may break, or not open again, while next to nothing comes. */
const MOST_FAILURES = 3;
const PROGRESS = 64 * 1024;
const PAUSE_MILLISECONDS = 200;

/**
 * The same store; a stream of `get` that breaks with `unavailable` is opened again where it broke, at most three times
 * in a row with less than 64 KiB between. Other errors pass, as does all else: a `put` is never tried again from outside.
 */
export function withResumedReads(store: BlobStore, options: ResumeOptions = {}): BlobStore {
  return {
    put: (key, chunks, call) => store.put(key, chunks, call),
    remove: (key, call) => store.remove(key, call),
    get: async (key, call = {}) => {
      const chunks = await store.get(key, call);
      const { range: { start, end } = { start: 0, end: Number.MAX_SAFE_INTEGER }, signal } = call;
      const reopen = (given: number): Promise<AsyncIterable<Uint8Array>> =>
        store.get(key, { signal, range: { start: start + given, end } });
      return resumedChunks(chunks, { ...options, reopen, signal });
    },
  };
}

/**
 * A stream that is opened again where it breaks with `unavailable`, at most three times in a row with less than 64 KiB
 * between. Its `return` lets go of the stream that is open then.
 */
export function resumedChunks(
  chunks: AsyncIterable<Uint8Array>,
  { pause = backOff, progress = PROGRESS, ...source }: ResumeOptions & Omit<Source, 'pause' | 'progress'>,
): AsyncIterableIterator<Uint8Array, undefined> {
  return new ResumedChunks(chunks, { ...source, pause, progress });
}

interface Source {
  /** Opens the same bytes again, after so many that were given. */
  readonly reopen: (given: number) => Promise<AsyncIterable<Uint8Array>>;
  readonly pause: NonNullable<ResumeOptions['pause']>;
  readonly progress: number;
  readonly signal: AbortSignal | undefined;
}

/** No generator: `return` has to reach a stream of which nothing was read. */
class ResumedChunks implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #source: Source;
  readonly #stop = new AbortController();
  #chunks: AsyncIterator<Uint8Array>;
  #given = 0;
  /** Since it was opened last. */
  #came = 0;
  #failures = 0;

  constructor(chunks: AsyncIterable<Uint8Array>, source: Source) {
    this.#source = source;
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    while (!this.#stop.signal.aborted) {
      try {
        const next = await this.#chunks.next();
        if (next.done) break;
        this.#given += next.value.length;
        this.#came += next.value.length;
        if (this.#came >= this.#source.progress) this.#failures = 0;
        return next;
      } catch (error) {
        await this.#resume(error);
      }
    }
    this.#stop.abort();
    return END;
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#stop.abort();
    await this.#chunks.return?.();
    return END;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @throws the last error, when it is none to go on after */
  async #resume(broken: unknown): Promise<void> {
    for (let error = broken; ;) {
      if (this.#stop.signal.aborted) return;
      if (!isSealroomError(error, 'unavailable') || ++this.#failures > MOST_FAILURES) {
        this.#stop.abort();
        throw error;
      }
      try {
        await this.#pause();
        if (this.#stop.signal.aborted) return;
        const chunks = await this.#source.reopen(this.#given);
        this.#chunks = chunks[Symbol.asyncIterator]();
        this.#came = 0;
        // Given up while it was opened: nobody else would let go of it.
        if (this.#stop.signal.aborted) await this.#chunks.return?.();
        return;
      } catch (again) {
        error = again;
      }
    }
  }

  async #pause(): Promise<void> {
    const { pause, signal } = this.#source;
    const ended = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    await pause(this.#failures, ended).catch((error: unknown) => {
      if (!ended.aborted) throw error;
    });
    if (signal?.aborted) throw cancelled(signal);
  }
}

/** Longer from time to time, and never alike for all whom one fault met. */
async function backOff(failures: number, signal: AbortSignal): Promise<void> {
  await sleep(PAUSE_MILLISECONDS * 2 ** (failures - 1) * Math.random(), undefined, { signal });
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };
