/** Bytes and streams for tests. */
import { randomBytes } from 'node:crypto';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** A fresh blob key. */
export function randomBlobKey(): string {
  return Array.from(randomBytes(32), (byte) => BASE32[byte & 31]).join('');
}

/** Bytes that differ from one place to the next, so that a piece out of place shows; made anew alike each time. */
export function patterned(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 0x9e37_79b9) | 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

/** Lends bytes chunk by chunk from memory that it overwrites as soon as the next chunk is asked for, and at the end. */
export async function* lentChunks(
  bytes: Uint8Array,
  chunkLength: number = Math.max(1, bytes.length),
): AsyncGenerator<Uint8Array, void, undefined> {
  const memory = new Uint8Array(Math.min(chunkLength, bytes.length));
  try {
    for (let offset = 0; offset < bytes.length; offset += chunkLength) {
      const part = bytes.subarray(offset, offset + chunkLength);
      memory.set(part);
      yield memory.subarray(0, part.length);
      memory.fill(0xdb);
    }
  } finally {
    // Whoever kept a chunk without copying it finds out.
    memory.fill(0xdb);
  }
}

/** A source that gives one chunk and then waits until it is told to go on. */
export class PausedSource implements AsyncIterable<Uint8Array> {
  readonly #chunk: Uint8Array;
  readonly #paused = Promise.withResolvers<void>();
  readonly #resumed = Promise.withResolvers<void>();
  /** True once the reader gave the source up. */
  givenUp = false;

  constructor(chunk: Uint8Array) {
    this.#chunk = chunk;
  }

  /** Resolves when the reader has taken the chunk and asks for more. */
  get paused(): Promise<void> {
    return this.#paused.promise;
  }

  /** Lets the source end. */
  resume(): void {
    this.#resumed.resolve();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    let asked = 0;
    return {
      next: async () => {
        if (asked++ === 0) return { done: false, value: this.#chunk };
        this.#paused.resolve();
        await this.#resumed.promise;
        return { done: true, value: undefined };
      },
      return: async () => {
        this.givenUp = true;
        return { done: true, value: undefined };
      },
    };
  }
}
