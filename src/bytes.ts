/** Bytes: joining, comparing, big-endian integers, text, and exact reads over a stream of chunks. */
import { SealroomError } from './errors.ts';

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** A copy. Not `slice()`: that of a Buffer, which is a Uint8Array too, shares its memory. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** Compares without a branch on the contents, so that time tells nothing about where two values differ. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

/** Order of unsigned bytes, the shorter first when one begins with the other (C's memcmp). */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function u16(value: number): Uint8Array {
  return new Uint8Array([value >>> 8, value]);
}

export function u32(value: number): Uint8Array {
  return new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);
}

/** @param value a whole number up to 2^53 - 1 */
export function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** Hexadecimal, lower case. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** @throws TypeError on bytes that are not UTF-8 */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** A stream of bytes, or bytes that are at hand already. */
export type Bytes = Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Gives bytes one shape. A whole array becomes a stream of one chunk. */
export function chunksOf(bytes: Bytes): AsyncIterable<Uint8Array> {
  if (typeof bytes === 'string') throw new SealroomError('usage', 'text is no bytes: encode it first (Buffer.from)');
  if (Symbol.asyncIterator in bytes) return bytes;
  return inTurn(bytes instanceof Uint8Array ? [bytes] : bytes);
}

async function* inTurn(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}

/** A stream with an encoding gives text, whatever its type says. */
function checkedChunk(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new SealroomError(
    'usage',
    'a stream of bytes gives Uint8Arrays; this one gives something else (text, perhaps)',
  );
}

/**
 * Reads exact lengths from a stream of chunks of any lengths, copying only where a read spans chunks.
 * What it returns is valid until the next call: the source may use the memory of a chunk again.
 */
export class ByteReader implements AsyncDisposable {
  readonly #source: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #ended = false;
  /** Bytes handed out so far. */
  position = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async #refill(): Promise<boolean> {
    while (this.#chunk.length === 0 && !this.#ended) {
      const next = await this.#source.next();
      if (next.done) this.#ended = true;
      else this.#chunk = checkedChunk(next.value);
    }
    return this.#chunk.length > 0;
  }

  #take(length: number): Uint8Array {
    const taken = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(taken.length);
    this.position += taken.length;
    return taken;
  }

  /** The next `length` bytes, or fewer when the source ends first. */
  async read(length: number): Promise<Uint8Array> {
    if (length === 0 || !(await this.#refill())) return new Uint8Array(0);
    if (this.#chunk.length >= length) return this.#take(length);
    const whole = new Uint8Array(length);
    const filled = await this.readInto(whole);
    return whole.subarray(0, filled);
  }

  /** Fills `target` from the source; returns how many bytes there were, less than its length only at the end. */
  async readInto(target: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < target.length && (await this.#refill())) {
      const part = this.#take(target.length - filled);
      target.set(part, filled);
      filled += part.length;
    }
    return filled;
  }

  /** Puts bytes back in front of what is still to come; they are copied. */
  unread(bytes: Uint8Array): void {
    this.#chunk = concat([bytes, this.#chunk]);
    this.position -= bytes.length;
  }

  /** Passes over bytes; returns how many there were, less than `length` only at the end. */
  async skip(length: number): Promise<number> {
    let skipped = 0;
    while (skipped < length && (await this.#refill())) skipped += this.#take(length - skipped).length;
    return skipped;
  }

  /** Whatever is at hand, at least one byte, at most `limit`; empty at the end of the source. */
  async readSome(limit: number): Promise<Uint8Array> {
    return (await this.#refill()) ? this.#take(limit) : new Uint8Array(0);
  }

  /** How many bytes are at hand: at least one, unless the source has ended. */
  async buffered(): Promise<number> {
    await this.#refill();
    return this.#chunk.length;
  }

  /** Bytes that are at hand, without a copy; they are no longer valid once the source is asked for more. */
  take(length: number): Uint8Array {
    if (length > this.#chunk.length) throw new SealroomError('unexpected', 'more bytes were taken than are at hand');
    return this.#take(length);
  }

  /** The bytes at hand, left where they are. */
  peek(): Uint8Array {
    return this.#chunk;
  }

  /** True when nothing is left. */
  async atEnd(): Promise<boolean> {
    return !(await this.#refill());
  }

  /** Tells the source that no more is wanted, so that it can let go of files and connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.#chunk = new Uint8Array(0);
    await this.#source.return?.();
  }
}

/** Collects a stream, refusing to hold more than `limit` bytes. For small things only. */
export async function collect(source: Bytes, limit: number = Number.MAX_SAFE_INTEGER): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(source)) {
    length += chunk.length;
    if (length > limit) throw new SealroomError('limit', `more than ${limit} bytes where fewer were expected`);
    parts.push(copyOf(chunk));
  }
  return concat(parts);
}
