/** The header of a message: versions 1 and 2, read from and written to bytes (F2 to F5). */
import { concat, fromUtf8, u16, u32 } from '../bytes.ts';
import { SealroomError } from '../errors.ts';
import { PUBLIC_KEY_NAME, contextValue, decodeContext, encodeContext } from './context.ts';
import type { EncryptionContext } from './context.ts';
import { encodeEncryptedDataKey } from './edk.ts';
import type { EncryptedDataKey } from './edk.ts';
import { suiteOf, writtenSuite } from './suites.ts';
import type { Suite } from './suites.ts';

/** Length of every GCM tag, in bytes. */
export const TAG_LENGTH = 16;
/** Length of every GCM initialisation vector, in bytes. */
export const IV_LENGTH = 12;
/** Length of the commitment in a version 2 header, in bytes. */
export const COMMITMENT_LENGTH = 32;
/** Longest frame, in bytes. */
export const MAX_FRAME_LENGTH = 0xffff_ffff;
/** Longest body that is one piece and not frames: the most that AES-GCM allows under one IV, in bytes (F21). */
export const MAX_SINGLE_BLOCK_LENGTH: number = 2 ** 36 - 32;

export interface Header {
  readonly suite: Suite;
  readonly messageId: Uint8Array;
  /** The pairs stored in the header. */
  readonly context: EncryptionContext;
  readonly edks: readonly EncryptedDataKey[];
  /** Plaintext bytes a frame holds; 0 when the body is one block and not frames. */
  readonly frameLength: number;
  /** Commitment to the data key; undefined in suites that have none. */
  readonly commitment: Uint8Array | undefined;
}

/** A header as it was read, not yet authenticated. */
export interface ParsedHeader {
  readonly header: Header;
  /** The header body exactly as received: this, never a new serialisation, is what was authenticated (F5). */
  readonly body: Uint8Array;
  /** IV of the header's authentication tag. */
  readonly iv: Uint8Array;
  readonly tag: Uint8Array;
  /** Length of body, IV and tag together, in bytes. */
  readonly length: number;
}

const TYPE_CUSTOMER = 0x80;
const CONTENT_SINGLE_BLOCK = 1;
const CONTENT_FRAMED = 2;

/**
 * Serialises the body of a version 2 header for the suite that is written (F3). The caller computes its tag, once for
 * a derived key: a second header under one key and message id gives the authentication key away (F4).
 */
export function encodeHeaderBody(
  header: Omit<Header, 'suite' | 'commitment'> & { commitment: Uint8Array },
): Uint8Array {
  const context = encodeContext(header.context);
  if (header.edks.length === 0) throw new SealroomError('usage', 'a message needs at least one encrypted data key');
  if (header.edks.length > 0xffff)
    throw new SealroomError('usage', 'a message holds at most 65,535 encrypted data keys');
  return concat([
    new Uint8Array([writtenSuite.version]),
    u16(writtenSuite.id),
    header.messageId,
    u16(context.length),
    context,
    u16(header.edks.length),
    ...header.edks.map(encodeEncryptedDataKey),
    new Uint8Array([CONTENT_FRAMED]),
    u32(header.frameLength),
    header.commitment,
  ]);
}

/** Thrown inside the parser where the bytes at hand end: how many the next field needs. */
class Short extends Error {
  readonly needs: number;
  constructor(needs: number) {
    super('more bytes needed');
    this.needs = needs;
  }
}

class Cursor {
  readonly #bytes: Uint8Array;
  offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(length: number): Uint8Array {
    const end = this.offset + length;
    if (end > this.#bytes.length) throw new Short(end);
    const taken = this.#bytes.subarray(this.offset, end);
    this.offset = end;
    return taken;
  }

  u8(): number {
    return this.take(1)[0]!;
  }

  u16(): number {
    const [high, low] = this.take(2);
    return high! * 0x100 + low!;
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }
}

/**
 * Reads a header from the beginning of a message. Given too few bytes it says how many it needs to get further, so
 * that a stream can be read without asking for more than the header.
 *
 * @param limits.maxEncryptedDataKeys checked before the entries are read (F10)
 * @throws SealroomError `not-a-message`, `unsupported-message`, `too-many-keys` or `damaged`
 */
export function parseHeader(
  bytes: Uint8Array,
  limits: { readonly maxEncryptedDataKeys: number },
): ParsedHeader | { readonly needs: number } {
  try {
    return parse(new Cursor(bytes), bytes, limits);
  } catch (error) {
    if (error instanceof Short) return { needs: error.needs };
    throw error;
  }
}

function parse(cursor: Cursor, bytes: Uint8Array, limits: { readonly maxEncryptedDataKeys: number }): ParsedHeader {
  const version = cursor.u8();
  if (version !== 1 && version !== 2) throw notAMessage(version === BASE64_FIRST_BYTE ? cursor.take(3) : undefined);
  if (version === 1 && cursor.u8() !== TYPE_CUSTOMER) throw notAMessage();
  const suite = suiteOf(cursor.u16());
  if (suite.version !== version) throw damaged('its version and its algorithm suite do not go together');
  const messageId = cursor.take(suite.messageIdLength);
  const context = decodeContext(cursor.take(cursor.u16()));
  if ((contextValue(context, PUBLIC_KEY_NAME) !== undefined) !== (suite.signature !== null)) {
    throw damaged('a public key must stand in the context of a signed message, and only there');
  }
  const edks = parseEncryptedDataKeys(cursor, limits.maxEncryptedDataKeys);
  const contentType = cursor.u8();
  if (contentType !== CONTENT_SINGLE_BLOCK && contentType !== CONTENT_FRAMED)
    throw damaged('its content type is unknown');
  if (version === 1) {
    if (cursor.u32() !== 0) throw damaged('its reserved bytes are not zero');
    if (cursor.u8() !== IV_LENGTH) throw damaged('its IV length is not 12');
  }
  const frameLength = cursor.u32();
  if ((frameLength === 0) !== (contentType === CONTENT_SINGLE_BLOCK)) {
    throw damaged('its content type and its frame length do not go together');
  }
  const commitment = suite.committing ? cursor.take(COMMITMENT_LENGTH) : undefined;
  const body = bytes.subarray(0, cursor.offset);
  const iv = version === 1 ? cursor.take(IV_LENGTH) : new Uint8Array(IV_LENGTH);
  const tag = cursor.take(TAG_LENGTH);
  return {
    header: { suite, messageId, context, edks, frameLength, commitment },
    body,
    iv,
    tag,
    length: cursor.offset,
  };
}

function parseEncryptedDataKeys(cursor: Cursor, most: number): EncryptedDataKey[] {
  const count = cursor.u16();
  if (count === 0) throw damaged('it has no encrypted data key');
  if (count > most) {
    throw new SealroomError('too-many-keys', `the message carries ${count} encrypted data keys; the limit is ${most}`);
  }
  const edks: EncryptedDataKey[] = [];
  while (edks.length < count) {
    const providerId = cursor.take(cursor.u16());
    const providerInfo = cursor.take(cursor.u16());
    const ciphertext = cursor.take(cursor.u16());
    edks.push({ providerId: providerIdText(providerId), providerInfo, ciphertext });
  }
  return edks;
}

function providerIdText(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    throw damaged('a provider id is not UTF-8');
  }
}

/** `A`: base64 of a message begins with it in both versions (F12). */
const BASE64_FIRST_BYTE = 0x41;
/** What follows that `A`. */
const BASE64_BEGINNING = /^(YA[ABCD]|g[RV]4)$/;

function notAMessage(afterA?: Uint8Array): SealroomError {
  return afterA !== undefined && BASE64_BEGINNING.test(String.fromCharCode(...afterA))
    ? new SealroomError('not-a-message', 'this is a message in base64: decode it first (base64 -d)')
    : new SealroomError('not-a-message', 'this does not begin like an AWS Encryption SDK message');
}

function damaged(reason: string): SealroomError {
  return new SealroomError('damaged', `the header is malformed: ${reason}`);
}
