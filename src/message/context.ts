/** The encryption context: public name/value pairs, authenticated with the message, and their one serialisation. */
import { compareBytes, concat, fromUtf8, u16, utf8 } from '../bytes.ts';
import { SealroomError } from '../errors.ts';

/** Names to values. Not secret: KMS logs it, and storage sees it. */
export type EncryptionContext = Readonly<Record<string, string>>;

const MAX_LENGTH = 0xffff;

/**
 * Serialises a context (F6): nothing at all for an empty one, else a count and the pairs in order of their names'
 * UTF-8 bytes.
 *
 * @throws SealroomError `usage` on a value that is no string, on text that is not well-formed Unicode, and past 65,535 bytes
 */
export function encodeContext(context: EncryptionContext): Uint8Array {
  const pairs = Object.entries(context).map(([name, value]) => [encodeText(name), encodeText(value)] as const);
  if (pairs.length === 0) return new Uint8Array(0);
  pairs.sort(([a], [b]) => compareBytes(a, b));
  const parts = pairs.flatMap(([name, value]) => [u16(name.length), name, u16(value.length), value]);
  const encoded = concat([u16(pairs.length), ...parts]);
  if (encoded.length > MAX_LENGTH) throw tooLong();
  return encoded;
}

function encodeText(text: string): Uint8Array {
  // A lone surrogate would be replaced silently, and two names could become one.
  if (typeof text !== 'string' || !text.isWellFormed()) {
    throw new SealroomError('usage', 'an encryption context takes names and values of well-formed text only');
  }
  const bytes = utf8(text);
  if (bytes.length > MAX_LENGTH) throw tooLong();
  return bytes;
}

function tooLong(): SealroomError {
  return new SealroomError(
    'usage',
    `the encryption context is longer than ${MAX_LENGTH} bytes, which the format allows`,
  );
}

/**
 * Reads a serialised context (F7). Order is free; names must be unique and every byte accounted for.
 *
 * @throws SealroomError `damaged`
 */
export function decodeContext(bytes: Uint8Array): EncryptionContext {
  const pairs = new Map<string, string>();
  if (bytes.length === 0) return {};
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  const number = (): number => {
    if (offset + 2 > bytes.length) throw malformed();
    offset += 2;
    return view.getUint16(offset - 2);
  };
  const text = (): string => {
    const length = number();
    if (offset + length > bytes.length) throw malformed();
    offset += length;
    try {
      return fromUtf8(bytes.subarray(offset - length, offset));
    } catch {
      throw malformed();
    }
  };
  for (let left = number(); left > 0; left--) {
    const name = text();
    if (pairs.has(name)) throw malformed();
    pairs.set(name, text());
  }
  if (offset !== bytes.length) throw malformed();
  // fromEntries defines own properties, so a pair named __proto__ is a pair like any other.
  return Object.fromEntries(pairs);
}

function malformed(): SealroomError {
  return new SealroomError('damaged', 'the encryption context in the header is malformed');
}

/** The value of a name, or undefined; an inherited property is never taken for a pair. */
export function contextValue(context: EncryptionContext, name: string): string | undefined {
  return Object.hasOwn(context, name) ? context[name] : undefined;
}

/** Names that the format keeps for itself (F8). */
const RESERVED_CONTEXT_PREFIX = 'aws-crypto-';

/** The name under which a signed message carries its public key (F8). */
export const PUBLIC_KEY_NAME = 'aws-crypto-public-key';

/**
 * Refuses what the format or other readers of it cannot take: reserved names (F8), empty names or values, and more
 * than 32,767 bytes (F11).
 *
 * @throws SealroomError `usage`
 */
export function checkCallerContext(context: EncryptionContext): void {
  for (const [name, value] of Object.entries(context)) {
    if (name.startsWith(RESERVED_CONTEXT_PREFIX)) {
      throw new SealroomError('usage', `context names that begin with ${RESERVED_CONTEXT_PREFIX} are reserved`);
    }
    if (name === '' || value === '') {
      throw new SealroomError('usage', 'an encryption context takes no empty name and no empty value');
    }
  }
  if (encodeContext(context).length > MAX_WRITTEN_CONTEXT_LENGTH) {
    throw new SealroomError('usage', `an encryption context has at most ${MAX_WRITTEN_CONTEXT_LENGTH} bytes`);
  }
}

/** The Java implementation of the format reads no longer one. */
const MAX_WRITTEN_CONTEXT_LENGTH = 32_767;
