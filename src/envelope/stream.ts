/** How streams are handed over and cut. */
import { copyOf } from '../bytes.ts';
import type { ByteReader } from '../bytes.ts';

/** Copies each chunk, so that it is the caller's own. Goes inside `startedStream`, never around it. */
export async function* owned(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) yield copyOf(chunk);
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
    return: (value) => {
      first = undefined;
      return chunks.return(value);
    },
    throw: (error) => {
      first = undefined;
      return chunks.throw(error);
    },
    [Symbol.asyncIterator]: () => stream,
    [Symbol.asyncDispose]: async () => {
      await stream.return();
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
