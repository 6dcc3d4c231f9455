import { ByteReader } from '../bytes.ts';
import { SealroomError } from '../errors.ts';

/** Bytes that S3 takes as one, copied from the chunks that the source lent. */
export interface Part {
  readonly bytes: Buffer;
  /** True when nothing follows. */
  readonly last: boolean;
}

/** Memory for the first bytes of a source, which may be all that it has. */
const FIRST_LENGTH = 64 * 1024;
const GROWTH = 16;

/** A source of unknown length, cut into parts. */
export class PartSource {
  readonly #reader: ByteReader;
  readonly #size: number | undefined;

  /** @param size what it must be long, where that is known */
  constructor(chunks: AsyncIterable<Uint8Array>, size: number | undefined) {
    this.#reader = new ByteReader(chunks);
    this.#size = size;
  }

  /** Bytes taken so far. */
  get length(): number {
    return this.#reader.position;
  }

  /** The first part, in no more memory than a short source needs. What it fills of `partSize` is its own. */
  async first(partSize: number): Promise<Part> {
    let buffer = Buffer.alloc(0);
    let part: Part = { bytes: buffer, last: false };
    while (!part.last && buffer.length < partSize) {
      const larger = Buffer.allocUnsafeSlow(Math.min(partSize, Math.max(FIRST_LENGTH, buffer.length * GROWTH)));
      buffer.copy(larger);
      part = await this.#fill(larger, buffer.length);
      buffer = larger;
    }
    return part;
  }

  /** The next part, in memory that is there already. */
  next(buffer: Buffer): Promise<Part> {
    return this.#fill(buffer, 0);
  }

  /** Tells the source that no more is wanted. */
  async close(): Promise<void> {
    await this.#reader[Symbol.asyncDispose]();
  }

  async #fill(buffer: Buffer, from: number): Promise<Part> {
    const filled = from + (await this.#reader.readInto(buffer.subarray(from)));
    const last = filled < buffer.length || (await this.#reader.atEnd());
    if (this.#size !== undefined && (last ? this.length !== this.#size : this.length >= this.#size)) {
      throw new SealroomError('usage', 'the source has another length than was announced');
    }
    return { bytes: buffer.subarray(0, filled), last };
  }
}
