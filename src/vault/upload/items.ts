/** Resumable uploads as they stand in the catalog: a header, and a part for each segment that is durable (F43). */
import { SealroomError } from '../../errors.ts';
import type { EncryptionContext } from '../../message/context.ts';
import type { EncryptedDataKey } from '../../message/edk.ts';
import type { CallOptions } from '../../ports.ts';
import { authenticItem, authenticItemsOf } from '../authentic-items.ts';
import type { AuthenticItem, ItemChange } from '../authentic-items.ts';
import type { VaultCore } from '../core.ts';
import { isFileId } from '../identifiers.ts';
import { unsealMetadata } from '../metadata.ts';
import type { Metadata, SealedMetadata } from '../metadata.ts';
import { sealedPlace } from '../record-access.ts';
import type { FilePlace } from '../record-access.ts';
import {
  decodeContext,
  decodeEdks,
  decodeSealed,
  decodeSegment,
  encodeEdks,
  encodeSealed,
  encodeSegment,
} from '../records.ts';
import type { Segment } from '../records.ts';

/** What the catalog keeps for an upload that is not complete. */
export interface UploadHeader {
  /** The caller's pairs. */
  readonly context: EncryptionContext;
  readonly edks: readonly EncryptedDataKey[];
  /** Sealed anew when the file comes in; its size says nothing yet. */
  readonly sealed: SealedMetadata;
  /** Bytes that were announced; null while nobody has. */
  readonly size: number | null;
  /** Bytes that are durable. */
  readonly offset: number;
  readonly parts: number;
  /** How many of the parts were small when they came in: what merging is decided by, without a look at them. */
  readonly smallParts: number;
  /** When it is given up, in milliseconds since 1970. */
  readonly expires: number;
}

/** A header as it stands. */
export interface StandingUpload extends FilePlace {
  readonly header: UploadHeader;
  readonly metadata: Metadata;
  readonly version: string;
}

export function uploadPartition(tenant: string): string {
  return `upload/${tenant}`;
}

/** The change that writes a header. */
export function headerPut(
  { tenant, file }: FilePlace,
  header: UploadHeader,
  { expect, version }: { readonly expect: string | null; readonly version?: string },
): ItemChange {
  const { edks, sealed, ...plain } = header;
  const value = { ...plain, edks: encodeEdks(edks), sealed: encodeSealed(sealed) };
  return { type: 'put', partition: uploadPartition(tenant), sort: file, value, expect, version };
}

/** Reads an upload, though its time may have come; undefined when there is none. */
export async function readStandingUpload(
  core: VaultCore,
  place: FilePlace,
  options: CallOptions = {},
): Promise<StandingUpload | undefined> {
  const item = await authenticItem(core, uploadPartition(place.tenant), place.file, options);
  return item && openUpload(core, place, item, options);
}

/** True while an upload is as it was read: nobody has changed it since, or ended it. */
export async function headerStands(
  core: VaultCore,
  { tenant, file, version }: Pick<StandingUpload, 'tenant' | 'file' | 'version'>,
  options: CallOptions = {},
): Promise<boolean> {
  return (await core.catalog.get(uploadPartition(tenant), file, options))?.version === version;
}

/** The uploads of a tenant that are not complete, oldest first. */
export async function* uploadsOf(
  core: VaultCore,
  tenant: string,
  options: CallOptions = {},
): AsyncGenerator<StandingUpload, void, undefined> {
  for await (const item of authenticItemsOf(core, uploadPartition(tenant), options)) {
    if (isFileId(item.sort)) yield await openUpload(core, { tenant, file: item.sort }, item, options);
  }
}

async function openUpload(
  core: VaultCore,
  place: FilePlace,
  { value, version }: AuthenticItem,
  options: CallOptions,
): Promise<StandingUpload> {
  const header = {
    context: decodeContext(value, `the upload of file ${place.file}`),
    edks: decodeEdks(value),
    sealed: decodeSealed(value.object('sealed')),
    size: value.nullableCount('size'),
    offset: value.count('offset'),
    parts: value.count('parts'),
    smallParts: value.count('smallParts'),
    expires: value.count('expires'),
  };
  using catalogKey = await core.keys.tenantKey(place.tenant, { version: header.sealed.key, ...options });
  const { context, sealed } = header;
  const sealedIn = sealedPlace(core, place, { context, segments: [] }, catalogKey.version, 'upload');
  const metadata = unsealMetadata(sealed, catalogKey.key, sealedIn);
  return { ...place, header, metadata, version };
}

/** Bytes of an upload that count for its tenant's quota: those that it announced, or else has sent. */
export function heldBy({ size, offset }: Pick<UploadHeader, 'size' | 'offset'>): number {
  return size ?? offset;
}

/** A segment that is durable, as it stands: where it begins in the file is its sort key. */
export interface Part {
  readonly sort: string;
  readonly version: string;
  /** Number of its first byte. */
  readonly start: number;
  readonly segment: Segment;
}

export function partPartition({ tenant, file }: FilePlace): string {
  return `part/${tenant}/${file}`;
}

/** As many digits as the largest whole number that is safe, so that parts are listed in the order of their bytes. */
const START_DIGITS = 16;

/** The change that writes a part. */
export function partPut(
  place: FilePlace,
  { start, segment }: Pick<Part, 'start' | 'segment'>,
  { expect }: { readonly expect: string | null },
): ItemChange {
  const sort = String(start).padStart(START_DIGITS, '0');
  return { type: 'put', partition: partPartition(place), sort, value: encodeSegment(segment), expect };
}

/** The authentic parts of an upload, whether they fit together or not, in the order of their bytes. */
export async function* partsOf(
  core: VaultCore,
  place: FilePlace,
  options: CallOptions = {},
): AsyncGenerator<Part, void, undefined> {
  for await (const { sort, version, value } of authenticItemsOf(core, partPartition(place), options)) {
    yield { sort, version, start: Number(sort), segment: decodeSegment(value) };
  }
}

/**
 * The parts of an upload. They hold its bytes from the first to the one that is durable last: what each says is
 * authenticated, and that none is missing or stands twice is seen by where they begin and end.
 *
 * @throws SealroomError `damaged`; `conflict` when the upload was changed meanwhile
 */
export async function readParts(
  core: VaultCore,
  upload: StandingUpload,
  options: CallOptions = {},
): Promise<readonly Part[]> {
  const parts: Part[] = [];
  let end = 0;
  for await (const part of partsOf(core, upload, options)) {
    // What does not follow fits nowhere.
    if (part.start === end) end += part.segment.size;
    parts.push(part);
  }
  if (end === upload.header.offset && parts.length === upload.header.parts) return parts;
  throw (await headerStands(core, upload, options))
    ? new SealroomError(
        'damaged',
        `the parts of the upload of file ${upload.file} were changed: they do not fit together`,
      )
    : new SealroomError('conflict', 'another request works on this upload, and was faster');
}
