import { SealroomError } from './errors.ts';

/**
 * The secret bytes of a data key (or of a key derived from one). It takes ownership of the array it is given, keeps it
 * where neither `util.inspect` nor `JSON.stringify` looks, and overwrites it when its scope ends:
 *
 *     using key = await keyring.unwrap(edks, context)
 *
 * What Node cannot wipe is written in docs/design.md, "What stays in memory".
 */
export class DataKey implements Disposable {
  #bytes: Uint8Array | undefined;

  /** @param bytes taken over, not copied: the caller must not keep it */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The bytes themselves: borrowed, valid until the key is disposed. */
  get bytes(): Uint8Array {
    if (this.#bytes === undefined) throw new SealroomError('unexpected', 'a data key was used after it was wiped');
    return this.#bytes;
  }

  get length(): number {
    return this.bytes.length;
  }

  get wiped(): boolean {
    return this.#bytes === undefined;
  }

  /** A second key with the same bytes and a life of its own. */
  clone(): DataKey {
    // Not slice(): that of a Buffer shares its memory, and wiping one would wipe both.
    return new DataKey(new Uint8Array(this.bytes));
  }

  [Symbol.dispose](): void {
    this.#bytes?.fill(0);
    this.#bytes = undefined;
  }
}
