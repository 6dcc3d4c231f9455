/**
 * Records and items as bytes, and what makes them trustworthy: the only code that encodes, decodes or authenticates
 * what the catalog keeps (F30 to F36).
 */
import { constantTimeEqual, u32, u64, utf8 } from '../bytes.ts';
import { toBase64 } from '../base64.ts';
import { cipher } from '../cipher/index.ts';
import type { DataKey } from '../data-key.ts';
import { SealroomError } from '../errors.ts';
import { encodeContext } from '../message/context.ts';
import type { EncryptionContext } from '../message/context.ts';
import type { EncryptedDataKey } from '../message/edk.ts';
import { COMMITMENT_LENGTH, IV_LENGTH, MAX_FRAME_LENGTH, TAG_LENGTH } from '../message/header.ts';
import { writtenSuite } from '../message/suites.ts';
import { checkBlobKey } from '../ports.ts';
import { JsonObject, encodeFields, encodeJson } from './encoding.ts';
import type { SealedMetadata } from './metadata.ts';

/** A run of a file's bytes, encrypted as one message. */
export interface Segment {
  readonly messageId: Uint8Array;
  readonly commitment: Uint8Array;
  /** Plaintext bytes a frame holds. */
  readonly frameLength: number;
  /** Plaintext bytes of the segment. */
  readonly size: number;
  /** Key of the blob with its frames. */
  readonly blob: string;
  /** Tag of the header, as long as the record's encrypted data keys are those it was computed over (F32). */
  readonly tag: Uint8Array | undefined;
}

/** What the catalog keeps for a file. */
export interface FileRecord {
  /** The caller's pairs. */
  readonly context: EncryptionContext;
  readonly edks: readonly EncryptedDataKey[];
  readonly segments: readonly Segment[];
  readonly sealed: SealedMetadata;
}

/** Version of the records, the items and the vault's layout. */
export const FORMAT_VERSION = 1;

/** Most segments that a record holds. */
export const MAX_SEGMENTS = 200;

export function encodeRecord(record: FileRecord): Uint8Array {
  return encodeJson({
    v: FORMAT_VERSION,
    context: record.context,
    edks: encodeEdks(record.edks),
    segments: record.segments.map((segment) => ({
      messageId: toBase64(segment.messageId),
      commitment: toBase64(segment.commitment),
      frameLength: segment.frameLength,
      size: segment.size,
      blob: segment.blob,
      ...(segment.tag === undefined ? {} : { tag: toBase64(segment.tag) }),
    })),
    sealed: {
      key: record.sealed.key,
      nonce: toBase64(record.sealed.nonce),
      bytes: toBase64(record.sealed.bytes),
    },
  });
}

/**
 * Reads a record. Nothing of it is to be trusted before its metadata was unsealed, which authenticates all but the
 * encrypted data keys; those are authenticated by what they open (F32).
 *
 * @throws SealroomError `damaged` or `unsupported-version`
 */
export function decodeRecord(data: Uint8Array, what: string): FileRecord {
  const json = JsonObject.parse(data, what);
  checkFormatVersion(json.count('v'), what);
  const segments = json.objects('segments').map(decodeSegment);
  if (segments.length === 0 || segments.length > MAX_SEGMENTS) {
    throw new SealroomError('damaged', `${what} is malformed: segments`);
  }
  const sealed = json.object('sealed');
  return {
    context: decodeContext(json, what),
    edks: decodeEdks(json),
    segments,
    sealed: { key: sealed.string('key'), nonce: sealed.bytes('nonce', IV_LENGTH), bytes: sealed.bytes('bytes') },
  };
}

function decodeContext(json: JsonObject, what: string): EncryptionContext {
  const context = json.textPairs('context');
  try {
    encodeContext(context);
  } catch (cause) {
    // What was sealed could be encoded, so this was put here since.
    throw new SealroomError('damaged', `${what} is malformed: context`, { cause });
  }
  return context;
}

function decodeSegment(json: JsonObject): Segment {
  const segment = {
    messageId: json.bytes('messageId', writtenSuite.messageIdLength),
    commitment: json.bytes('commitment', COMMITMENT_LENGTH),
    frameLength: json.count('frameLength'),
    size: json.count('size'),
    blob: json.string('blob'),
    tag: json.optionalBytes('tag', TAG_LENGTH),
  };
  checkBlobKey(segment.blob);
  if (segment.frameLength < 1 || segment.frameLength > MAX_FRAME_LENGTH) {
    throw new SealroomError('damaged', 'a segment is malformed: frameLength');
  }
  return segment;
}

function checkFormatVersion(version: number, what: string): void {
  if (version > FORMAT_VERSION) {
    throw new SealroomError(
      'unsupported-version',
      `${what} has format version ${version}; this Sealroom reads up to ${FORMAT_VERSION}: use a newer one`,
    );
  }
  if (version !== FORMAT_VERSION) throw new SealroomError('damaged', `${what} is malformed: version`);
}

/** Hash of the ordered list of segments, which the sealed metadata is bound to (F34). */
export function segmentsHash(segments: readonly Segment[]): Uint8Array {
  const fields = segments.flatMap(({ messageId, commitment, frameLength, size, blob }) => [
    messageId,
    commitment,
    u32(frameLength),
    u64(size),
    blob,
  ]);
  return cipher.sha256([encodeFields(fields)]);
}

function encodeEdks(edks: readonly EncryptedDataKey[]): unknown[] {
  return edks.map((edk) => ({
    provider: edk.providerId,
    info: toBase64(edk.providerInfo),
    ciphertext: toBase64(edk.ciphertext),
  }));
}

/** Most encrypted data keys of a file or a catalog key. */
export const MAX_EDKS = 16;

function decodeEdks(json: JsonObject): EncryptedDataKey[] {
  const edks = json.objects('edks').map((edk) => ({
    providerId: edk.string('provider'),
    providerInfo: edk.bytes('info'),
    ciphertext: edk.bytes('ciphertext'),
  }));
  if (
    edks.some(
      (edk) =>
        utf8(edk.providerId).length > 0xffff || edk.providerInfo.length > 0xffff || edk.ciphertext.length > 0xffff,
    )
  ) {
    throw new SealroomError('damaged', 'an encrypted data key is longer than the format allows');
  }
  if (edks.length === 0 || edks.length > MAX_EDKS) {
    throw new SealroomError('damaged', `a record holds 1 to ${MAX_EDKS} encrypted data keys, this one ${edks.length}`);
  }
  return edks;
}

/* -------------------------------------------------------------------------------------------- authenticated items -- */

/** A version of the vault key: its number as it stands in the catalog, and the key that authenticates items. */
export interface ItemKey {
  readonly version: string;
  readonly key: DataKey;
}

/** Where an item stands, which its MAC is bound to. */
export interface ItemPlace {
  readonly vault: string;
  readonly partition: string;
  readonly sort: string;
}

const ITEM_INFO = utf8('sealroom item v1');
const ITEM_LABEL = 'sealroom item v1';

/** Derives the key that authenticates items from a version of the vault key (F35). */
export function itemKeyOf(vaultKey: DataKey): DataKey {
  return cipher.hkdf('sha512', vaultKey, new Uint8Array(0), ITEM_INFO, 32);
}

/** Encodes an item's value and authenticates it in its place (F35). */
export function encodeItem(value: Readonly<Record<string, unknown>>, place: ItemPlace, itemKey: ItemKey): Uint8Array {
  const body = encodeJson({ v: FORMAT_VERSION, ...value });
  return encodeJson({
    key: itemKey.version,
    mac: toBase64(itemMac(body, place, itemKey)),
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(),
  });
}

/** An item's value whose MAC has not been looked at. */
export interface UnverifiedItem {
  readonly key: string;
  readonly mac: Uint8Array;
  readonly body: Uint8Array;
}

/** Takes an item apart without authenticating it: for choosing the key that does. */
export function splitItem(data: Uint8Array, what: string): UnverifiedItem {
  const json = JsonObject.parse(data, what);
  return { key: json.string('key'), mac: json.bytes('mac', 32), body: utf8(json.string('body')) };
}

/** Reads an item's value that was not authenticated: only to find what can authenticate it. */
export function readItemBody(item: UnverifiedItem, what: string): JsonObject {
  const json = JsonObject.parse(item.body, what);
  checkFormatVersion(json.count('v'), what);
  return json;
}

/**
 * Reads an item's value. An item without a valid MAC does not exist: the result is undefined (F35).
 *
 * @throws SealroomError `unsupported-version`
 */
export function decodeItem(
  data: Uint8Array,
  place: ItemPlace,
  itemKeys: ReadonlyMap<string, DataKey>,
): JsonObject | undefined {
  const what = `the item ${place.sort} of ${place.partition}`;
  let item: UnverifiedItem;
  try {
    item = splitItem(data, what);
  } catch {
    return undefined;
  }
  const key = itemKeys.get(item.key);
  if (key === undefined) return undefined;
  if (!constantTimeEqual(item.mac, itemMac(item.body, place, { version: item.key, key }))) return undefined;
  return readItemBody(item, what);
}

function itemMac(body: Uint8Array, { vault, partition, sort }: ItemPlace, { version, key }: ItemKey): Uint8Array {
  return cipher.hmac(key, [encodeFields([ITEM_LABEL, vault, partition, sort, version, body])]);
}

/* ------------------------------------------------------------------------------------------------- kinds of items -- */

/** Powers of two, so that the shard of an id is some of its bits. */
export const SHARD_COUNTS: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** The settings of a vault. */
export interface Settings {
  readonly id: string;
  readonly shards: number;
  readonly readOnly: boolean;
}

export function encodeSettings(settings: Settings): Record<string, unknown> {
  return { id: settings.id, shards: settings.shards, readOnly: settings.readOnly };
}

export function decodeSettings(json: JsonObject): Settings {
  const settings = { id: json.string('id'), shards: json.count('shards'), readOnly: json.boolean('readOnly') };
  if (!SHARD_COUNTS.includes(settings.shards)) {
    throw new SealroomError('damaged', 'the settings of the vault are malformed: shards');
  }
  return settings;
}

/** A catalog key as it is kept: encrypted, with a commitment to it. */
export interface WrappedCatalogKey {
  readonly edks: readonly EncryptedDataKey[];
  readonly commitment: Uint8Array;
}

export function encodeCatalogKey(key: WrappedCatalogKey): Record<string, unknown> {
  return { edks: encodeEdks(key.edks), commitment: toBase64(key.commitment) };
}

export function decodeCatalogKey(json: JsonObject): WrappedCatalogKey {
  return { edks: decodeEdks(json), commitment: json.bytes('commitment', COMMITMENT_LENGTH) };
}

export interface Tenant {
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export function encodeTenant(tenant: Tenant): Record<string, unknown> {
  return { createdAt: tenant.createdAt, state: 'open' };
}

export function decodeTenant(name: string, json: JsonObject): Tenant {
  return { name, createdAt: json.string('createdAt') };
}

/** Work begun and not finished. */
export interface JournalEntry {
  readonly tenant: string;
  readonly file: string;
  readonly blobs: readonly string[];
  /** `writing` while a put may still commit; `removing` once its blobs are to go, after which it cannot. */
  readonly state: 'writing' | 'removing';
  /** When the entry was last written, in milliseconds since 1970. */
  readonly renewed: number;
}

export function encodeJournalEntry(entry: JournalEntry): Record<string, unknown> {
  return { ...entry };
}

export function decodeJournalEntry(json: JsonObject): JournalEntry {
  const state = json.string('state');
  if (state !== 'writing' && state !== 'removing')
    throw new SealroomError('damaged', 'a journal entry is malformed: state');
  const blobs = json.strings('blobs');
  blobs.forEach(checkBlobKey);
  return { tenant: json.string('tenant'), file: json.string('file'), blobs, state, renewed: json.count('renewed') };
}
