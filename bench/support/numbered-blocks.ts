/** A source of any length that takes no room: random blocks, alike but for the number that each begins with. */
import { randomBytes } from 'node:crypto';

const BLOCK_LENGTH = 1024 * 1024;

export class NumberedBlocks {
  readonly #random = randomBytes(BLOCK_LENGTH);

  /** Chunks are lent. */
  async *bytes(length: number): AsyncGenerator<Uint8Array, void, undefined> {
    const block = Buffer.from(this.#random);
    for (let at = 0; at < length; at += BLOCK_LENGTH) {
      number(block, at);
      yield block.subarray(0, length - at);
    }
  }

  /** Compares every byte that a stream gives; throws at the first chunk that is wrong, and unless it gives `length`. */
  async check(stream: AsyncIterable<Uint8Array>, length: number): Promise<void> {
    const block = Buffer.from(this.#random);
    let at = 0;
    for await (const chunk of stream) {
      for (let done = 0; done < chunk.length;) {
        const within = at % BLOCK_LENGTH;
        number(block, at - within);
        const part = chunk.subarray(done, done + BLOCK_LENGTH - within);
        if (!block.subarray(within, within + part.length).equals(part)) {
          throw new Error(`what came back is not what went in: it differs after byte ${at}`);
        }
        done += part.length;
        at += part.length;
      }
    }
    if (at !== length) throw new Error(`${length} bytes went in, and ${at} came back`);
  }
}

function number(block: Buffer, at: number): void {
  block.writeBigUInt64BE(BigInt(at / BLOCK_LENGTH));
}
