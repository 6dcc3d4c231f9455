import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { isSealroomError, type ErrorCode, type SealroomError } from '../errors.ts';

/** The error that a call rejects with, which must have this code. */
export async function rejection(call: Promise<unknown>, code: ErrorCode): Promise<SealroomError> {
  const error = await call.then(
    () => assert.fail('it was to be refused'),
    (reason: unknown) => reason,
  );
  return expectCode(error, code);
}

/** The error that a call throws, which must have this code. */
export function refusal(call: () => unknown, code: ErrorCode): SealroomError {
  try {
    call();
  } catch (error) {
    return expectCode(error, code);
  }
  return assert.fail('it was to be refused');
}

function expectCode(error: unknown, code: ErrorCode): SealroomError {
  if (isSealroomError(error, code)) return error;
  return assert.fail(`expected ${code}, got ${inspect(error)}`);
}
