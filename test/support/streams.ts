/** Sources that behave badly within the law, and a sink that keeps what came before an error. */
import { concat } from '../../src/bytes.ts';

/** The bytes in chunks of one length, the last one shorter. */
export function* chunked(bytes: Uint8Array, length: number): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** A source that counts what is taken from it and knows whether it was told to end. */
export class TrackedSource implements AsyncIterable<Uint8Array> {
  readonly #chunks: readonly Uint8Array[];
  readonly #failure: Error | undefined;
  /** Chunks handed out. */
  taken = 0;
  /** True once an iterator was asked for. */
  opened = false;
  /** True once it ended, failed, or was told to end. */
  closed = false;
  returns = 0;
  /** Called before each chunk is handed out, with its index. */
  onNext: ((index: number) => void | Promise<void>) | undefined;

  /** @param failure what it throws after the last chunk, instead of ending */
  constructor(chunks: Iterable<Uint8Array>, failure?: Error) {
    this.#chunks = [...chunks];
    this.#failure = failure;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, void> {
    this.opened = true;
    return {
      next: async () => {
        await this.onNext?.(this.taken);
        const chunk = this.closed ? undefined : this.#chunks[this.taken];
        if (chunk !== undefined) {
          this.taken++;
          return { done: false, value: chunk };
        }
        const failing = !this.closed && this.#failure !== undefined;
        this.closed = true;
        if (failing) throw this.#failure;
        return { done: true, value: undefined };
      },
      return: () => {
        this.returns++;
        this.closed = true;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}

/** Everything a stream gives, and the error it then ends with. */
export async function drain(stream: AsyncIterable<Uint8Array>): Promise<{ bytes: Uint8Array; error: unknown }> {
  const parts: Uint8Array[] = [];
  try {
    for await (const chunk of stream) parts.push(chunk.slice());
    return { bytes: concat(parts), error: undefined };
  } catch (error) {
    return { bytes: concat(parts), error };
  }
}

/** Iterates by hand, so that it can stop where a loop would go on. */
export function iteratorOf(stream: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
  return stream[Symbol.asyncIterator]();
}
