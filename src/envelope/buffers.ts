/** Where the chunks of a stream lie: in memory that is used again for every batch, or in memory of their own. */
import type { ByteReader } from '../bytes.ts';

/** Where the chunks that are given out lie. */
export interface ChunkMemory {
  /** How much of a message to open or seal at a time, in bytes. */
  readonly batchLength: number;
  /** A piece of this length, holding whatever it held. How long the pieces before stay valid is the owner's to say. */
  next(length: number): Uint8Array;
  /** Takes over a chunk that lies elsewhere, to be wiped when its time is over. */
  keep(chunk: Uint8Array): void;
}

/** Large enough that a promise for each costs nothing. */
const LENT_BATCH_LENGTH = 1024 * 1024;

/**
 * A piece for each chunk, which is its receiver's own. A frame of the usual length is a chunk, as the cipher made it:
 * so it is not copied, and no piece is so large that the system has to be asked for it each time.
 */
export const ownPieces: ChunkMemory = {
  batchLength: 64 * 1024,
  next: (length) => new Uint8Array(length),
  keep: () => {},
};

/** One piece for all: a chunk is valid until the next one is asked for. Disposing wipes it. */
export class LentBuffer implements ChunkMemory, Disposable {
  readonly batchLength: number = LENT_BATCH_LENGTH;
  #buffer: Uint8Array = new Uint8Array(0);
  #kept: Uint8Array | undefined;

  next(length: number): Uint8Array {
    this.#kept?.fill(0);
    this.#kept = undefined;
    if (this.#buffer.length < length) {
      this.#buffer.fill(0);
      this.#buffer = new Uint8Array(length);
    }
    return this.#buffer.subarray(0, length);
  }

  keep(chunk: Uint8Array): void {
    this.#kept?.fill(0);
    this.#kept = chunk;
  }

  [Symbol.dispose](): void {
    this.#kept?.fill(0);
    this.#buffer.fill(0);
  }
}

/**
 * Two pieces that take turns: a chunk is valid until the next but one is asked for, so that one can be written while
 * the next is made. Whoever owns it disposes it when the last chunk is written, which wipes both.
 */
export class AlternatingBuffers implements ChunkMemory, Disposable {
  readonly batchLength: number = LENT_BATCH_LENGTH;
  #current = new LentBuffer();
  #other = new LentBuffer();

  next(length: number): Uint8Array {
    this.#turn();
    return this.#current.next(length);
  }

  keep(chunk: Uint8Array): void {
    this.#turn();
    this.#current.keep(chunk);
  }

  #turn(): void {
    [this.#current, this.#other] = [this.#other, this.#current];
  }

  [Symbol.dispose](): void {
    this.#current[Symbol.dispose]();
    this.#other[Symbol.dispose]();
  }
}

/**
 * Memory in which what comes in pieces is put together. It grows with what arrives, so that a length that is only
 * claimed takes nothing. Disposing wipes it.
 */
export class GatheringBuffer implements Disposable {
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /**
   * Reads until `length` bytes are there, or the reader ends. What it returns is valid until the next call.
   *
   * @param kept bytes from the last call that stand at the beginning
   */
  async fill(reader: ByteReader, length: number, kept = 0): Promise<Uint8Array> {
    let filled = kept;
    while (filled < length) {
      const buffered = await reader.buffered();
      if (buffered === 0) break;
      this.#grow(Math.min(length, filled + buffered), filled);
      filled += await reader.readInto(this.#buffer.subarray(filled, Math.min(length, filled + buffered)));
    }
    return this.#buffer.subarray(0, filled);
  }

  #grow(needed: number, filled: number): void {
    if (this.#buffer.length >= needed) return;
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, filled));
    this.#buffer.fill(0);
    this.#buffer = larger;
  }

  [Symbol.dispose](): void {
    this.#buffer.fill(0);
  }
}
