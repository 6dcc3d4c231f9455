import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';

/** Writes lent chunks: each one has left before the next is asked for. Ends the stream. */
export async function writeLent(stream: Writable, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    stream.write(chunk, (error) => (error ? reject(error) : resolve()));
    await promise;
  }
  const finished = once(stream, 'finish');
  stream.end();
  await finished;
}

export async function writeToFile(handle: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) {
    for (let offset = 0; offset < chunk.length;) offset += (await handle.write(chunk, offset)).bytesWritten;
  }
}
