import { cancelled, throwIfCancelled } from './errors.ts';

/**
 * A stream of chunks that fails with `cancelled` as soon as the signal fires, even while its source is silent. The
 * source's own errors pass through unchanged. One that was cancelled before it began never touches the source.
 */
export function cancellableChunks(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  return signal === undefined ? source : { [Symbol.asyncIterator]: () => new CancellableIterator(source, signal) };
}

/** By hand and not a generator: every byte of every stream passes here, and each layer of generators costs. */
class CancellableIterator implements AsyncIterator<Uint8Array, undefined> {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #signal: AbortSignal;
  #iterator: AsyncIterator<Uint8Array> | undefined;
  /** What the source was asked for and has not answered. */
  #asked: ((error: Error) => void) | undefined;
  #done = false;

  constructor(source: AsyncIterable<Uint8Array>, signal: AbortSignal) {
    this.#source = source;
    this.#signal = signal;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#done) return END;
    try {
      throwIfCancelled(this.#signal);
      this.#iterator ??= this.#begin();
      const result = await this.#answer(this.#iterator);
      if (!result.done) return result;
      this.#end();
      return END;
    } catch (error) {
      await this.#letGo();
      throw error;
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#letGo();
    return END;
  }

  #begin(): AsyncIterator<Uint8Array> {
    // One listener for the whole stream: one for each chunk would cost more than the chunk.
    this.#signal.addEventListener('abort', this.#abort);
    return this.#source[Symbol.asyncIterator]();
  }

  #answer(iterator: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array, unknown>> {
    return new Promise((resolve, reject) => {
      this.#asked = reject;
      const answered = (): void => void (this.#asked = undefined);
      const failed = (error: unknown): void => {
        answered();
        this.#end();
        reject(error);
      };
      iterator.next().then((result) => {
        answered();
        return resolve(result);
      }, failed);
    });
  }

  readonly #abort = (): void => this.#asked?.(cancelled(this.#signal));

  #end(): void {
    this.#done = true;
    this.#signal.removeEventListener('abort', this.#abort);
  }

  async #letGo(): Promise<void> {
    if (this.#done) return;
    this.#end();
    const closed = this.#iterator?.return?.();
    // A source that is silent answers `return` no sooner than `next`: waiting for it would undo the cancelling.
    if (this.#asked === undefined) await closed;
    else closed?.catch(() => undefined);
  }
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Waits, but no longer than until the signal fires.
 *
 * A listener for each wait: a race against one promise that lives as long as the stream would grow with it.
 */
export async function orCancelled<T>(waiting: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return waiting;
  throwIfCancelled(signal);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(cancelled(signal));
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([waiting, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
