/** Bytes and choices that a number stands for: made anew alike each time, anywhere in them, and held nowhere. */
import { createCipheriv } from 'node:crypto';

const BLOCK_LENGTH = 16;
const zeros = new Uint8Array(64 * 1024);

/** Gives the next bytes of a stream, as many as are asked for, up to 64 KiB. */
type Keystream = (length: number) => Buffer;

/** Bytes of one seed differ from those of every other, at every place. */
function keystream(seed: number, start = 0): Keystream {
  const key = new Uint8Array(BLOCK_LENGTH);
  const counter = new Uint8Array(BLOCK_LENGTH);
  new DataView(key.buffer).setBigUint64(0, BigInt(seed));
  new DataView(counter.buffer).setBigUint64(8, BigInt(Math.floor(start / BLOCK_LENGTH)));
  const cipher = createCipheriv('aes-128-ctr', key, counter);
  cipher.update(zeros.subarray(0, start % BLOCK_LENGTH));
  return (length) => cipher.update(zeros.subarray(0, length));
}

/** The content of a file. Chunks are the reader's own. */
export function* seededBytes(seed: number, length: number): Generator<Uint8Array, void, undefined> {
  const next = keystream(seed);
  for (let at = 0; at < length; at += zeros.length) yield next(Math.min(zeros.length, length - at));
}

/**
 * Compares every byte that a stream gives with the content of a file, from `start` on.
 *
 * @returns how many there were
 * @throws Error at the first chunk that is wrong
 */
export async function checkSeeded(stream: AsyncIterable<Uint8Array>, seed: number, start = 0): Promise<number> {
  const next = keystream(seed, start);
  let length = 0;
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length; at += zeros.length) {
      const part = chunk.subarray(at, at + zeros.length);
      if (!next(part.length).equals(part)) throw new Error(`other bytes came back, after byte ${start + length}`);
      length += part.length;
    }
  }
  return length;
}

/** Choices that look like chance, and are the same for the same seed. */
export class Draws {
  readonly #next: Keystream;

  constructor(seed: number) {
    this.#next = keystream(seed);
  }

  /** At least 0 and less than 1. */
  share(): number {
    return this.#next(4).readUInt32BE() / 2 ** 32;
  }

  /** A whole number, at least 0 and less than `end`. */
  below(end: number): number {
    return Math.floor(this.share() * end);
  }

  /** From 0 to `largest`, each order of magnitude as often as the next. */
  size(largest: number): number {
    return Math.min(largest, Math.floor((largest + 1) ** this.share()) - 1 + this.below(2));
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}
