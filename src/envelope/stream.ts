/** How streams are handed over, cut and given up. */
import type { ByteReader } from '../bytes.ts';
import { cancelled, throwIfCancelled } from '../errors.ts';

/** Copies each chunk, so that it is the caller's own. */
export async function* owned(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) yield chunk.slice();
}

/**
 * Starts a stream: resolves once its first chunk is there, so that whatever is wrong with it is known before anyone
 * is told that it will come. The stream that is returned gives that chunk first. `return` ends it even when nothing
 * was read, which a generator that never ran would not notice.
 */
export async function startedStream(
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
): Promise<AsyncGenerator<Uint8Array, void, undefined>> {
  let first: IteratorResult<Uint8Array, void> | undefined = await chunks.next();
  const stream: AsyncGenerator<Uint8Array, void, undefined> = {
    next: () => {
      if (first === undefined) return chunks.next();
      const result = first;
      first = undefined;
      return Promise.resolve(result);
    },
    return: (value) => chunks.return(value),
    throw: (error) => chunks.throw(error),
    [Symbol.asyncIterator]: () => stream,
    [Symbol.asyncDispose]: async () => {
      await chunks.return();
    },
  };
  return stream;
}

/** At most `limit` bytes of what a reader still holds. */
export async function* upTo(reader: ByteReader, limit: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let left = limit; left > 0;) {
    const chunk = await reader.readSome(left);
    if (chunk.length === 0) return;
    left -= chunk.length;
    yield chunk;
  }
}

/**
 * A source that fails as soon as the signal fires, even while it waits for bytes that never come. The source is told
 * to end, and not waited for.
 */
export function untilCancelled(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  // One listener for the whole stream: racing each chunk against one promise would keep them all in memory.
  let giveUp: ((error: Error) => void) | undefined;
  const onAbort = (): void => {
    giveUp?.(cancelled(signal));
    iterator.return?.().catch(() => {});
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const end = async (): Promise<IteratorResult<Uint8Array, void>> => {
    signal.removeEventListener('abort', onAbort);
    if (!signal.aborted) await iterator.return?.();
    return { done: true, value: undefined };
  };
  const stream: AsyncGenerator<Uint8Array, void, undefined> = {
    next: () =>
      new Promise((resolve, reject) => {
        throwIfCancelled(signal);
        giveUp = reject;
        iterator.next().then(resolve, reject);
      }),
    return: end,
    throw: async (error) => {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]: () => stream,
    [Symbol.asyncDispose]: async () => {
      await end();
    },
  };
  return stream;
}
