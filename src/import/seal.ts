/** Puts one original into a vault, and compares what is there with what was put. */
import { constantTimeEqual } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import { SealroomError, isSealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import type { Files } from '../vault/files.ts';
import { idempotencyOf } from './origin.ts';
import type { Origin } from './origin.ts';

/** An original that is open, to be read once. */
export interface Original extends AsyncDisposable {
  readonly name: string;
  readonly type: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly size: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface SealedOriginal {
  readonly id: string;
  /** SHA-256 of what was read; undefined when the vault had it already, and did not take it. */
  readonly digest: Uint8Array | undefined;
}

/** Removals of a file from the vault within one day, each followed by another import. */
const MOST_REMOVALS = 10;

/**
 * Resolves once the file is durable.
 *
 * @param open called for each attempt: a service may have taken bytes before it says that a key is used up
 */
export async function sealOriginal(
  files: Files,
  { origin, open }: { readonly origin: Origin; readonly open: () => Promise<Original> },
  { signal }: CallOptions = {},
): Promise<SealedOriginal> {
  for (let removals = 0; ; removals++) {
    await using original = await open();
    const { name, type, metadata, tags, size } = original;
    const source = new HashedSource(original.chunks);
    const idempotency = idempotencyOf(origin, removals);
    try {
      const { id } = await files.put(source, { name, type, metadata, tags, size, idempotency, signal });
      return { id, digest: source.digest };
    } catch (error) {
      // It was imported within a day, and removed from the vault since. What the vault holds is what counts.
      if (!isSealroomError(error, 'conflict') || source.failed || removals === MOST_REMOVALS) throw error;
    }
  }
}

/** A stream to be read once, and what came of it. */
class HashedSource implements AsyncIterable<Uint8Array> {
  readonly #chunks: AsyncIterable<Uint8Array>;
  readonly #hash = cipher.sha256Stream();
  /** SHA-256, once all of it was read. */
  digest: Uint8Array | undefined;
  /** True when it ended with an error of its own. */
  failed = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const chunks = this.#chunks[Symbol.asyncIterator]();
    try {
      for (let next = await this.#next(chunks); !next.done; next = await this.#next(chunks)) {
        this.#hash.update(next.value);
        yield next.value;
      }
      this.digest = this.#hash.digest();
    } finally {
      await chunks.return?.();
    }
  }

  async #next(chunks: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    try {
      return await chunks.next();
    } catch (error) {
      this.failed = true;
      throw error;
    }
  }
}

/** SHA-256 of a stream. */
export async function digestOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const hash = cipher.sha256Stream();
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest();
}

/**
 * Reads a file back, every frame of it, and compares it with what was read of its original.
 *
 * @throws SealroomError `damaged` when they differ
 */
export async function compareSealed(
  files: Files,
  id: string,
  digest: Uint8Array,
  { signal }: CallOptions = {},
): Promise<void> {
  const { body } = await files.get(id, { signal });
  if (!constantTimeEqual(await digestOf(body), digest)) {
    throw new SealroomError('damaged', `the file ${id} is not what its original is: the original stays`);
  }
}
