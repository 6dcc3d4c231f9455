import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { isSealroomError, type ErrorCode } from '../errors.ts';

/** Fails unless a call rejects with a `SealroomError` of this code. */
export async function rejects(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(isSealroomError(error, code), `expected ${code}, got ${inspect(error)}`);
    return true;
  });
}
