import { SealroomError } from '../errors.ts';

/** @throws SealroomError `usage` on a range that is none: from `start` up to, not including, `end` */
export function checkRange(range: { readonly start: number; readonly end: number } | undefined): void {
  if (range === undefined) return;
  const { start, end } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new SealroomError('usage', 'a range of a blob has a start, and an end that is not before it');
  }
}
