/** What a vault may say to whoever finds it tampered with. */
import assert from 'node:assert/strict';
import { errorTable, isSealroomError } from '../../src/errors.ts';

/** Codes of exit 3 and 4 say that it is not there, or does not open. */
export function refused(error: unknown, also: readonly string[]): boolean {
  if (!isSealroomError(error)) throw error;
  const { exit } = errorTable[error.code];
  if (exit !== 3 && exit !== 4 && !also.includes(error.code)) {
    assert.fail(`it was refused for a wrong reason: ${error.code}: ${error.message}`);
  }
  return true;
}

/** What a call gives, or undefined when it is refused. */
export async function orRefused<T>(call: Promise<T>, also: readonly string[]): Promise<T | undefined> {
  return call.catch((error: unknown) => (refused(error, also), undefined));
}
