/** What failed uploads failed with, and what follows from it. */
import { isSealroomError } from '../../../src/errors.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import { ServiceError } from '../../../src/client/failures.ts';

/**
 * Beside what the service answers:
 *
 * - `unreadable-file`: it was moved, changed or deleted since it was chosen
 * - `other-file`: another file than the one that was begun was chosen to go on with it
 * - `changed-file`: the right one, but it was changed since
 */
export type ProblemCode = ErrorCode | 'unreadable-file' | 'other-file' | 'changed-file';

/** The browser cannot read the file any more. */
export class UnreadableFile extends Error {
  constructor(options?: ErrorOptions) {
    super('the file cannot be read any more', options);
    this.name = 'UnreadableFile';
  }
}

export function problemOf(error: unknown): ProblemCode {
  if (error instanceof UnreadableFile) return 'unreadable-file';
  return isSealroomError(error) ? error.code : 'unexpected';
}

/** Whether the same may succeed a moment later. */
export function passes(error: unknown): boolean {
  // A conflict is about where to go on: the next attempt asks.
  return isSealroomError(error) && (error.retryable || error.code === 'conflict');
}

/** How long the service asks to be left alone, in milliseconds. */
export function askedToWait(error: unknown): number {
  return (error instanceof ServiceError ? error.retryAfter : undefined) ?? 0;
}

const ABOUT_ALL: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'unauthenticated',
  'permission',
  'read-only',
  'no-tenant',
  'access-denied',
  'key-disabled',
  'key-pending-deletion',
  'key-not-found',
]);

/** Whether every other file would fail with it, too: thousands are not to be tried in vain. */
export function concernsAll(problem: ProblemCode): boolean {
  return ABOUT_ALL.has(problem);
}
