/** Records of files as bytes (F31, F32): nothing else encodes or decodes them. */
import { u32, u64, utf8 } from '../bytes.ts';
import { toBase64 } from '../base64.ts';
import { cipher } from '../cipher/index.ts';
import { SealroomError } from '../errors.ts';
import { encodeContext } from '../message/context.ts';
import type { EncryptionContext } from '../message/context.ts';
import type { EncryptedDataKey } from '../message/edk.ts';
import { COMMITMENT_LENGTH, IV_LENGTH, MAX_FRAME_LENGTH, TAG_LENGTH } from '../message/header.ts';
import { writtenSuite } from '../message/suites.ts';
import { checkBlobKey } from '../ports.ts';
import type { CallOptions, GeneratedDataKey, Keyring } from '../ports.ts';
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
  /** Names of the pages that hold the segments; none where the record itself holds them. */
  readonly pages: readonly string[];
  readonly sealed: SealedMetadata;
}

/** Version of the records, the items and the vault's layout. */
export const FORMAT_VERSION = 1;

/** Most segments of a file. */
export const MAX_SEGMENTS = 1000;

/** Most segments that stand in a record, or in a page of a longer list. */
export const SEGMENTS_IN_ITEM = 200;

export function encodeRecord(record: FileRecord): Uint8Array {
  return encodeJson({
    v: FORMAT_VERSION,
    context: record.context,
    edks: encodeEdks(record.edks),
    ...(record.pages.length > 0 ? { pages: record.pages } : { segments: record.segments.map(encodeSegment) }),
    sealed: encodeSealed(record.sealed),
  });
}

export function encodeSegment(segment: Segment): Record<string, unknown> {
  return {
    messageId: toBase64(segment.messageId),
    commitment: toBase64(segment.commitment),
    frameLength: segment.frameLength,
    size: segment.size,
    blob: segment.blob,
    ...(segment.tag === undefined ? {} : { tag: toBase64(segment.tag) }),
  };
}

export function encodeSealed({ key, nonce, bytes }: SealedMetadata): Record<string, unknown> {
  return { key, nonce: toBase64(nonce), bytes: toBase64(bytes) };
}

export function decodeSealed(json: JsonObject): SealedMetadata {
  return { key: json.string('key'), nonce: json.bytes('nonce', IV_LENGTH), bytes: json.bytes('bytes') };
}

/**
 * Reads a record; where its segments are in pages, it has none yet. Nothing of it is to be trusted before its metadata
 * was unsealed, which authenticates all but the encrypted data keys; those are authenticated by what they open (F32).
 *
 * @throws SealroomError `damaged` or `unsupported-version`
 */
export function decodeRecord(data: Uint8Array, what: string): FileRecord {
  const json = JsonObject.parse(data, what);
  checkFormatVersion(json.count('v'), what);
  const pages = json.has('pages') ? json.strings('pages') : [];
  const segments = json.has('pages') ? [] : json.objects('segments').map(decodeSegment);
  if (pages.length > MAX_SEGMENTS / SEGMENTS_IN_ITEM || segments.length > SEGMENTS_IN_ITEM) {
    throw new SealroomError('damaged', `${what} is malformed: segments`);
  }
  if (pages.length === 0 && segments.length === 0) {
    throw new SealroomError('damaged', `${what} is malformed: it has no segments`);
  }
  return {
    context: decodeContext(json, what),
    edks: decodeEdks(json),
    segments,
    pages,
    sealed: decodeSealed(json.object('sealed')),
  };
}

export function decodeContext(json: JsonObject, what: string): EncryptionContext {
  const context = json.textPairs('context');
  try {
    encodeContext(context);
  } catch (cause) {
    // What was sealed could be encoded, so this was put here since.
    throw new SealroomError('damaged', `${what} is malformed: context`, { cause });
  }
  return context;
}

export function decodeSegment(json: JsonObject): Segment {
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

export function checkFormatVersion(version: number, what: string): void {
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

export function encodeEdks(edks: readonly EncryptedDataKey[]): unknown[] {
  return edks.map((edk) => ({
    provider: edk.providerId,
    info: toBase64(edk.providerInfo),
    ciphertext: toBase64(edk.ciphertext),
  }));
}

/** Most encrypted data keys of a file or a catalog key. */
const MAX_EDKS = 16;

/**
 * Makes a data key that a record can keep.
 *
 * @throws SealroomError `bad-configuration` when it comes under more wrapping keys than a reader takes
 */
export async function generateChecked(
  keyring: Keyring,
  context: EncryptionContext,
  options: CallOptions,
): Promise<GeneratedDataKey> {
  const generated = await keyring.generate(context, options);
  if (generated.edks.length <= MAX_EDKS) return generated;
  generated.dataKey[Symbol.dispose]();
  throw new SealroomError(
    'bad-configuration',
    `a data key has at most ${MAX_EDKS} wrapping keys, and ${generated.edks.length} are configured: leave some out`,
  );
}

export function decodeEdks(json: JsonObject): EncryptedDataKey[] {
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
