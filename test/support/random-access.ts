import type { RandomAccess } from '../../src/envelope/decrypt.ts';
import type { ByteRange } from '../../src/message/frames.ts';
import { lentChunks } from '../../src/testing/test-bytes.ts';

/** Bytes to read from any place, and a record of what was asked for and what was taken. */
export interface RecordedAccess extends RandomAccess {
  readonly asked: readonly ByteRange[];
  /** For each range asked for, how many of its bytes were handed out. */
  readonly taken: readonly number[];
  /** How many of the streams handed out have ended or were told to. */
  readonly closed: number;
}

/** @param chunkLength of the chunks it lends */
export function recordedAccess(bytes: Uint8Array, chunkLength = 1024): RecordedAccess {
  const asked: ByteRange[] = [];
  const taken: number[] = [];
  const access = {
    size: bytes.length,
    asked,
    taken,
    closed: 0,
    read: (range: ByteRange): Promise<AsyncIterable<Uint8Array>> => {
      const index = asked.push(range) - 1;
      taken.push(0);
      return Promise.resolve(counted(index, range));
    },
  };
  async function* counted(index: number, { start, end }: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of lentChunks(bytes.subarray(start, end), chunkLength)) {
        taken[index]! += chunk.length;
        yield chunk;
      }
    } finally {
      access.closed++;
    }
  }
  return access;
}
