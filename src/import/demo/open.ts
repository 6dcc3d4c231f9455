/** Opens what the demonstration application wrote: AES-256-CTR from sixteen zero bytes, which proves nothing. */
import { concat } from '../../bytes.ts';
import { cipher } from '../../cipher/index.ts';
import type { DataKey } from '../../data-key.ts';
import { SIGNATURE_LENGTH } from './signatures.ts';

/** Plaintext where the key is that of this object; where it is not, garbage, and nothing tells. */
export interface Opened {
  /** As much of the beginning as tells the kind of a file. */
  readonly beginning: Uint8Array;
  /** All of it, read once; chunks are lent until the next one is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** @param ciphertext its owner closes it */
export async function openCtr(ciphertext: AsyncIterable<Uint8Array>, key: DataKey): Promise<Opened> {
  const opening = cipher.unauthenticatedCtr(key);
  const source = ciphertext[Symbol.asyncIterator]();
  const next = async (): Promise<Uint8Array | undefined> => {
    const { done, value } = await source.next();
    return done ? undefined : opening.update(value);
  };
  const first: Uint8Array[] = [];
  for (let length = 0; length < SIGNATURE_LENGTH; length += first.at(-1)!.length) {
    const chunk = await next();
    if (chunk === undefined) break;
    first.push(chunk);
  }
  const starts = first.map((chunk) => chunk.subarray(0, SIGNATURE_LENGTH));
  return { beginning: concat(starts).subarray(0, SIGNATURE_LENGTH), chunks: wiping(first, next) };
}

async function* wiping(
  first: readonly Uint8Array[],
  next: () => Promise<Uint8Array | undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const held = [...first];
  for (let chunk = held.shift() ?? (await next()); chunk !== undefined; chunk = held.shift() ?? (await next())) {
    try {
      yield chunk;
    } finally {
      chunk.fill(0);
    }
  }
}
