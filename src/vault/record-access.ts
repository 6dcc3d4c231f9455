/** From an id to a record that can be trusted, and back. */
import { toHex } from '../bytes.ts';
import { SealroomError, isSealroomError } from '../errors.ts';
import { encodeHeaderBody } from '../message/header.ts';
import { wrappingKeyName } from '../message/edk.ts';
import type { EncryptionContext } from '../message/context.ts';
import type { CallOptions, Item } from '../ports.ts';
import { filePartition } from './core.ts';
import type { VaultCore } from './core.ts';
import type { Stat } from './files.ts';
import { checkFileId, randomVersion } from './identifiers.ts';
import { sealMetadata, unsealMetadata } from './metadata.ts';
import type { Metadata, SealedPlace } from './metadata.ts';
import { decodeRecord, encodeRecord, segmentsHash } from './records.ts';
import type { FileRecord, Segment } from './records.ts';
import { readPages } from './segment-pages.ts';
import { hasExpired } from './times.ts';

/** A file of a tenant. */
export interface FilePlace {
  readonly tenant: string;
  readonly file: string;
}

/** A record whose metadata was unsealed, which authenticates its context and segments. */
export interface OpenedRecord extends FilePlace {
  readonly record: FileRecord;
  readonly metadata: Metadata;
  readonly version: string;
}

/** Names of the pairs that bind a data key to its file (F33). */
export function fullContext(
  core: VaultCore,
  { tenant, file }: FilePlace,
  context: EncryptionContext,
): EncryptionContext {
  return { ...context, 'sealroom:vault': core.id, 'sealroom:tenant': tenant, 'sealroom:file': file };
}

/** The header of a segment, byte for byte as it was when its tag was computed (F32). */
export function segmentHeader(core: VaultCore, place: FilePlace, record: FileRecord, segment: Segment): Uint8Array {
  return encodeHeaderBody({
    messageId: segment.messageId,
    context: fullContext(core, place, record.context),
    edks: record.edks,
    frameLength: segment.frameLength,
    commitment: segment.commitment,
  });
}

/**
 * Reads and authenticates the record of a file that is there.
 *
 * @throws SealroomError `no-tenant`, `not-found`, `damaged`
 */
export async function readRecord(core: VaultCore, place: FilePlace, options: CallOptions = {}): Promise<OpenedRecord> {
  checkFileId(place.file);
  const opened = await readStandingRecord(core, place, options);
  if (opened === undefined) {
    await core.keys.expectTenant(place.tenant, options);
  } else if (!hasExpired(opened.metadata, core.now())) return opened;
  throw new SealroomError('not-found', `no file has the id ${place.file}`);
}

/** Reads and authenticates a record, though its time may have come; undefined when there is none. */
export async function readStandingRecord(
  core: VaultCore,
  place: FilePlace,
  options: CallOptions = {},
): Promise<OpenedRecord | undefined> {
  const item = await core.catalog.get(filePartition(core, place.tenant, place.file), place.file, options);
  return item && openRecord(core, place, item, options);
}

export async function openRecord(
  core: VaultCore,
  place: FilePlace,
  item: Item,
  options: CallOptions = {},
): Promise<OpenedRecord> {
  const record = await wholeRecord(core, place, item, options);
  using catalogKey = await core.keys.tenantKey(place.tenant, { version: record.sealed.key, ...options });
  const metadata = unsealMetadata(record.sealed, catalogKey.key, sealedPlace(core, place, record, catalogKey.version));
  if (metadata.size !== record.segments.reduce((sum, segment) => sum + segment.size, 0)) {
    throw new SealroomError(
      'damaged',
      `the record of file ${place.file} is malformed: its segments are not of its size`,
    );
  }
  return { ...place, record, metadata, version: item.version };
}

/**
 * A record with all its segments, not authenticated yet.
 *
 * @throws SealroomError `not-found` when the file was removed meanwhile, and its pages with it
 */
export async function wholeRecord(
  core: VaultCore,
  place: FilePlace,
  item: Item,
  options: CallOptions = {},
): Promise<FileRecord> {
  const record = decodeRecord(item.data, `the record of file ${place.file}`);
  if (record.pages.length === 0) return record;
  try {
    return { ...record, segments: await readPages(core, place, record.pages, options) };
  } catch (error) {
    if (!isSealroomError(error, 'damaged')) throw error;
    if ((await core.catalog.get(item.partition, item.sort, options)) !== undefined) throw error;
    throw new SealroomError('not-found', `no file has the id ${place.file}`);
  }
}

/** A record with its metadata sealed anew, as an item. */
export async function recordItem(
  core: VaultCore,
  place: FilePlace,
  { metadata, ...fields }: Omit<FileRecord, 'sealed'> & { readonly metadata: Metadata },
  options: CallOptions = {},
): Promise<{ item: Item; record: FileRecord }> {
  using catalogKey = await core.keys.tenantKey(place.tenant, options);
  const sealed = sealMetadata(metadata, catalogKey.key, sealedPlace(core, place, fields, catalogKey.version));
  const record = { ...fields, sealed };
  const partition = filePartition(core, place.tenant, place.file);
  return { item: { partition, sort: place.file, version: randomVersion(), data: encodeRecord(record) }, record };
}

/** What the metadata of a file, or of an upload of it, is sealed in. */
export function sealedPlace(
  core: VaultCore,
  { tenant, file }: FilePlace,
  { context, segments }: Pick<FileRecord, 'context' | 'segments'>,
  keyVersion: string,
  label: SealedPlace['label'] = 'file',
): SealedPlace {
  return { label, vault: core.id, tenant, file, keyVersion, context, segments: segmentsHash(segments) };
}

export function statOf({ file, record, metadata, version }: OpenedRecord): Stat {
  return {
    id: file,
    name: metadata.name,
    type: metadata.type,
    size: metadata.size,
    tags: metadata.tags,
    metadata: metadata.metadata,
    context: record.context,
    createdAt: metadata.createdAt,
    createdBy: metadata.createdBy,
    expires: metadata.expires,
    retainUntil: metadata.retainUntil,
    hold: metadata.hold,
    keys: record.edks.map(wrappingKeyName),
    segments: record.segments.map(({ messageId, frameLength, size }) => ({
      messageId: toHex(messageId),
      frameLength,
      size,
    })),
    version,
  };
}

/** @throws SealroomError `conflict` */
export function checkVersion(found: string, expected: string | undefined): void {
  if (expected !== undefined && expected !== found) {
    throw new SealroomError('conflict', 'the file was changed in the meantime: look at it again');
  }
}
