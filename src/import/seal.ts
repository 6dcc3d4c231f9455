/** Puts one original into a vault, and compares what is there with what was put. */
import { constantTimeEqual } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import { SealroomError, isSealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import type { Files } from '../vault/files.ts';
import { idempotencyOf } from './origin.ts';
import type { Origin } from './origin.ts';

export interface Original {
  readonly origin: Origin;
  readonly name: string;
  readonly type: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly size: number;
  /** Read once. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface SealedOriginal {
  readonly id: string;
  /** SHA-256 of what was read; undefined when the vault had it already, and did not take it. */
  readonly digest: Uint8Array | undefined;
}

/** Removals of a file from the vault within one day, each followed by another import. */
const MOST_REMOVALS = 10;

/** Resolves once the file is durable. */
export async function sealOriginal(
  files: Files,
  { origin, chunks, ...fields }: Original,
  { signal }: CallOptions = {},
): Promise<SealedOriginal> {
  const hash = cipher.sha256Stream();
  let begun = false;
  let complete = false;
  const hashed = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    begun = true;
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
    complete = true;
  };
  for (let removals = 0; ; removals++) {
    try {
      const { id } = await files.put(hashed(), { ...fields, idempotency: idempotencyOf(origin, removals), signal });
      return { id, digest: complete ? hash.digest() : undefined };
    } catch (error) {
      // It was imported within a day, and removed from the vault since. What the vault holds is what counts.
      if (!isSealroomError(error, 'conflict') || begun || removals === MOST_REMOVALS) throw error;
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
