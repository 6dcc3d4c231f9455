import assert from 'node:assert/strict';
import type { Bytes } from '../../src/bytes.ts';
import { decrypt } from '../../src/envelope/decrypt.ts';
import type { DecryptedMessage } from '../../src/envelope/decrypt.ts';
import type { OpenOptions } from '../../src/envelope/open-header.ts';
import { errorTable, isSealroomError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { drain } from './streams.ts';

/** What came out of a message, and the error that ended it, whether before the first byte or after some. */
export interface Outcome {
  readonly bytes: Uint8Array;
  readonly error: unknown;
}

/** Opens a message to its end. */
export function decryptAll(message: Bytes, options: OpenOptions): Promise<Outcome> {
  return outcomeOf(decrypt(message, options));
}

export async function outcomeOf(opening: Promise<DecryptedMessage>): Promise<Outcome> {
  try {
    const { body } = await opening;
    return await drain(body);
  } catch (error) {
    return { bytes: new Uint8Array(0), error };
  }
}

/** That a message was refused as one that does not open, and what came out before is how the plaintext begins. */
export function expectRefusal({ bytes, error }: Outcome, plaintext: Uint8Array, where: string): ErrorCode {
  assert.ok(isSealroomError(error) && errorTable[error.code].exit === 4, `${where}: ${String(error)}`);
  assert.ok(Buffer.from(bytes).equals(plaintext.subarray(0, bytes.length)), `${where}: it gave out what it never held`);
  return error.code;
}
