import { utf8 } from '../bytes.ts';

/** As many as `createdBy` of a file takes: names of principals end up there. */
const MOST_BYTES = 256;

/** True for text that can name somebody: at least one character, no control characters, 256 bytes at most. */
export function isLabel(text: unknown): text is string {
  if (typeof text !== 'string' || text === '' || !text.isWellFormed() || /\p{Cc}/u.test(text)) return false;
  return utf8(text).length <= MOST_BYTES;
}
