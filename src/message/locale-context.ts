/** The order in which one AWS Encryption SDK authenticates a context under a wrapping key, against the format. */
import { concat, u16 } from '../bytes.ts';
import { encodeContext } from './context.ts';
import type { EncryptionContext } from './context.ts';

/** A fixed locale, so that what opens does not depend on where it is opened. */
const collator = new Intl.Collator('en');

/**
 * Serialises a context in the order of a dictionary: the AWS Encryption SDK for JavaScript does so for the wrapping
 * keys it holds itself, unless told `utf8Sorting`. For reading what it wrote, never for writing, and never for a header.
 *
 * @throws SealroomError what `encodeContext` throws
 */
export function encodeContextByLocale(context: EncryptionContext): Uint8Array {
  const entries = Object.entries(context).sort(([a], [b]) => collator.compare(a, b));
  if (entries.length === 0) return new Uint8Array(0);
  const pairs = entries.map(([name, value]) => encodeContext({ [name]: value }).subarray(COUNT_LENGTH));
  return concat([u16(pairs.length), ...pairs]);
}

/** The number of pairs, which a serialised context begins with. */
const COUNT_LENGTH = 2;
