/** What a vault keeps about a file beside its bytes, sealed so that neither store nor catalog can read it (F34). */
import { utf8 } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import type { DataKey } from '../data-key.ts';
import { SealroomError } from '../errors.ts';
import type { EncryptionContext } from '../message/context.ts';
import { checkCallerContext, encodeContext } from '../message/context.ts';
import { IV_LENGTH } from '../message/header.ts';
import { JsonObject, encodeFields, encodeJson } from './encoding.ts';

export interface Metadata {
  readonly name: string;
  /** Media type. */
  readonly type: string;
  /** Bytes of plaintext. */
  readonly size: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Who put it, as the caller said; null when he did not. */
  readonly createdBy: string | null;
  /** When the file goes by itself, ISO 8601, UTC; null when it stays. */
  readonly expires: string | null;
  /** Until when nothing removes it, ISO 8601, UTC; null when anyone who may can remove it. */
  readonly retainUntil: string | null;
  /** Kept for a reason that nothing removes it; null in this version. */
  readonly hold: string | null;
}

/** What the seal of the metadata is bound to, so that it opens in its own record only (F34). */
export interface SealedPlace {
  readonly label: 'file' | 'upload';
  readonly vault: string;
  readonly tenant: string;
  readonly file: string;
  readonly keyVersion: string;
  /** The caller's pairs. */
  readonly context: EncryptionContext;
  /** Hash of the segments. */
  readonly segments: Uint8Array;
}

export interface SealedMetadata {
  /** Version of the catalog key. */
  readonly key: string;
  readonly nonce: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Lengths are hidden to this many bytes. */
const PADDING = 256;
const INFO = utf8('sealroom metadata v1');
const LABEL = 'sealroom metadata v1';

/** Seals under a fresh nonce (F34). */
export function sealMetadata(metadata: Metadata, catalogKey: DataKey, place: SealedPlace): SealedMetadata {
  using key = metadataKey(catalogKey, place);
  const nonce = cipher.randomBytes(IV_LENGTH);
  const bytes = cipher.seal(key, nonce, aadOf(place), padded(encodeJson(metadata)));
  return { key: place.keyVersion, nonce, bytes };
}

/** @throws SealroomError `damaged` when the record is not the one that was sealed */
export function unsealMetadata(sealed: SealedMetadata, catalogKey: DataKey, place: SealedPlace): Metadata {
  using key = metadataKey(catalogKey, place);
  const plaintext = cipher.open(key, sealed.nonce, aadOf(place), sealed.bytes);
  if (plaintext === null) {
    throw new SealroomError(
      'damaged',
      `the record of file ${place.file} was changed: its sealed metadata does not open`,
    );
  }
  const json = JsonObject.parse(plaintext, `the metadata of file ${place.file}`);
  return {
    name: json.string('name'),
    type: json.string('type'),
    size: json.count('size'),
    tags: json.textPairs('tags'),
    metadata: json.textPairs('metadata'),
    createdAt: json.string('createdAt'),
    createdBy: json.nullableString('createdBy'),
    expires: json.nullableString('expires'),
    retainUntil: json.nullableString('retainUntil'),
    hold: json.nullableString('hold'),
  };
}

function metadataKey(catalogKey: DataKey, { file }: SealedPlace): DataKey {
  return cipher.hkdf('sha512', catalogKey, utf8(file), INFO, 32);
}

function aadOf(place: SealedPlace): Uint8Array {
  const { label, vault, tenant, file, keyVersion, context, segments } = place;
  return encodeFields([LABEL, label, vault, tenant, file, keyVersion, encodeContext(context), segments]);
}

/** Spaces after JSON change nothing for whoever reads it. */
function padded(json: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(json.length / PADDING) * PADDING).fill(0x20);
  whole.set(json);
  return whole;
}

const LIMITS = {
  nameBytes: 1024,
  typeBytes: 255,
  tags: 50,
  tagNameBytes: 128,
  tagValueBytes: 256,
  metadataBytes: 16 * 1024,
  contextBytes: 4 * 1024,
  createdByBytes: 256,
} as const;

/** Context names that a vault keeps for itself (F33). */
const RESERVED_PREFIX = 'sealroom:';

/**
 * Refuses what a vault does not keep, before a byte of the file is read.
 *
 * @throws SealroomError `usage` or `limit`
 */
export function checkMetadata(fields: {
  readonly name?: string | undefined;
  readonly type?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly createdBy?: string | null | undefined;
  readonly context?: EncryptionContext | undefined;
}): void {
  const { name, type, tags, metadata, createdBy, context } = fields;
  if (name !== undefined) checkText('a name', name, LIMITS.nameBytes);
  if (type !== undefined) {
    checkText('a type', type, LIMITS.typeBytes);
    // It becomes a header of answers, so it must be one.
    if (!/^[\x20-\x7e]+$/.test(type)) throw new SealroomError('usage', 'a type is printable ASCII, such as text/plain');
  }
  if (tags !== undefined) checkTags(tags);
  if (metadata !== undefined) checkPairs('metadata', metadata);
  if (metadata !== undefined && encodeJson(metadata).length > LIMITS.metadataBytes) {
    throw new SealroomError('limit', `metadata has at most ${LIMITS.metadataBytes} bytes as JSON`);
  }
  if (createdBy !== undefined && createdBy !== null) checkText('createdBy', createdBy, LIMITS.createdByBytes);
  if (context !== undefined) checkFileContext(context);
}

function checkTags(tags: Readonly<Record<string, string>>): void {
  checkPairs('a tag', tags);
  const pairs = Object.entries(tags);
  if (pairs.length > LIMITS.tags) throw new SealroomError('limit', `a file has at most ${LIMITS.tags} tags`);
  for (const [name, value] of pairs) {
    checkText("a tag's name", name, LIMITS.tagNameBytes);
    if (value !== '') checkText("a tag's value", value, LIMITS.tagValueBytes);
  }
}

function checkPairs(what: string, pairs: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(pairs)) {
    if (typeof value !== 'string' || !name.isWellFormed() || !value.isWellFormed()) {
      throw new SealroomError('usage', `${what} has names and values of well-formed text only`);
    }
  }
}

function checkText(what: string, text: string, most: number): void {
  if (typeof text !== 'string' || text === '' || !text.isWellFormed() || /\p{Cc}/u.test(text)) {
    throw new SealroomError('usage', `${what} is text of at least one character, without control characters`);
  }
  if (utf8(text).length > most) throw new SealroomError('limit', `${what} has at most ${most} bytes`);
}

function checkFileContext(context: EncryptionContext): void {
  if (Object.keys(context).some((name) => name.startsWith(RESERVED_PREFIX))) {
    throw new SealroomError('usage', `context names that begin with ${RESERVED_PREFIX} are the vault's own`);
  }
  checkCallerContext(context);
  if (encodeContext(context).length > LIMITS.contextBytes) {
    throw new SealroomError('limit', `a file's context has at most ${LIMITS.contextBytes} bytes`);
  }
}
