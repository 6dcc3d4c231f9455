/** Bytes of a request, of which nobody knows how far they will get. */
import { cancellableChunks } from '../../cancellable.ts';

/** Chunks until their source breaks, which is told when what came before is safe, or until that was enough. */
export class Arriving implements AsyncIterable<Uint8Array> {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly #enough: AbortSignal | undefined;
  #broke: { readonly error: unknown } | undefined;

  constructor(chunks: AsyncIterable<Uint8Array>, enough: AbortSignal | undefined) {
    this.chunks = cancellableChunks(chunks, enough);
    this.#enough = enough;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* this.chunks;
    } catch (error) {
      if (!this.#enough?.aborted) this.#broke = { error };
    }
  }

  /** Throws what broke the source. */
  check(): void {
    if (this.#broke !== undefined) throw this.#broke.error;
  }
}
