/** One segment of an upload: one write, and with the last of them the file. */
import { ByteReader, chunksOf } from '../../bytes.ts';
import { cancellableChunks } from '../../cancellable.ts';
import type { DataKey } from '../../data-key.ts';
import { upTo } from '../../envelope/stream.ts';
import { SealroomError, isSealroomError } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';
import { encodeChanges } from '../authentic-items.ts';
import type { VaultCore } from '../core.ts';
import {
  commitFile,
  giveUpWrite,
  interruptedBy,
  landedLate,
  mayLandLate,
  stands,
  writeSegment,
} from '../file-write.ts';
import type { FileWrite } from '../file-write.ts';
import type { Stat } from '../files.ts';
import { randomBlobKey, randomVersion } from '../identifiers.ts';
import { LiveEntry, entryPut, entryRemoval, finishWithin } from '../journal.ts';
import type { StandingEntry } from '../journal.ts';
import { usageChange } from '../quota.ts';
import { MAX_SEGMENTS } from '../records.ts';
import type { Segment } from '../records.ts';
import { unwrapDataKey } from '../segments.ts';
import { untilOurTurn, writeKnown } from '../write.ts';
import { headerPut, headerStands, heldBy, partPut, readParts, uploadPartition } from './items.ts';
import type { StandingUpload } from './items.ts';
import { isSmall, openedUpload, segmentLengthOf } from './merge.ts';
import { readUpload } from './stat.ts';

interface Appending extends CallOptions {
  readonly dataKey: DataKey;
  readonly source: ByteReader;
}

/** One segment of what arrives, durable; with the last of them the file. */
export async function appendSegment(
  core: VaultCore,
  upload: StandingUpload,
  { dataKey, source, signal }: Appending,
): Promise<StandingUpload | Stat> {
  const { header } = upload;
  if (header.parts >= MAX_SEGMENTS) {
    throw new SealroomError('limit', `a file has at most ${MAX_SEGMENTS} segments: send larger pieces`);
  }
  const left = header.size === null ? Infinity : header.size - header.offset;
  const write = await beginAppend(core, upload, { dataKey, signal });
  using journal = write.journal;
  const either = journal.signalWith(signal);
  let segment: Segment | undefined;
  try {
    const plaintext = cancellableChunks(upTo(source, Math.min(segmentLengthOf(core, header), left)), either);
    // A file has a segment, though it be empty.
    const some = left > 0 || header.parts === 0;
    segment = some ? await writeSegment(core, write, plaintext, { first: true, signal: either }) : undefined;
    if (header.offset + (segment?.size ?? 0) === header.size) {
      if (!(await source.atEnd())) throw tooMany(header.size);
      return await completeUpload(core, write, { upload, last: segment });
    }
    return await commitPart(core, write, { upload, segment: segment! });
  } catch (error) {
    const outcome = await giveUpWrite(core, write, { lateBlob: mayLandLate(error) });
    const done = await whatHappened(core, upload, { segment, outcome, signal });
    if (done !== undefined) return done;
    throw await reasonOf(core, upload, error);
  }
}

/** What had failed may have happened after all. */
async function whatHappened(
  core: VaultCore,
  upload: StandingUpload,
  { segment, outcome, signal }: CallOptions & { readonly segment: Segment | undefined; readonly outcome: string },
): Promise<StandingUpload | Stat | undefined> {
  const { offset, size } = upload.header;
  if (outcome === 'committed') {
    const found = await readUpload(core, upload, { signal });
    if (!('header' in found) || found.header.offset === offset + (segment?.size ?? 0)) return found;
    // What comes next from here does not belong behind what another has appended since.
    throw othersWereFaster();
  }
  // A write that brings no byte leaves no blob to know it by; whoever it was, the file is what it was to be.
  if (segment !== undefined || offset !== size) return undefined;
  const found = await readUpload(core, upload, { signal }).catch(() => undefined);
  return found !== undefined && !('header' in found) ? found : undefined;
}

/** Where the upload was changed meanwhile, that is why. */
async function reasonOf(core: VaultCore, upload: StandingUpload, error: unknown): Promise<unknown> {
  if (!isSealroomError(error, 'conflict') && !isSealroomError(error, 'interrupted')) return error;
  return (await headerStands(core, upload).catch(() => true)) ? error : othersWereFaster(error);
}

/** For whoever works on an upload that was changed or ended meanwhile. */
function othersWereFaster(cause?: unknown): SealroomError {
  return new SealroomError('conflict', 'another request was faster with this upload, or gave it up', { cause });
}

/** Makes the file of an upload whose bytes are durable, all of them. */
export async function finishUpload(
  core: VaultCore,
  upload: StandingUpload,
  { signal }: CallOptions,
): Promise<StandingUpload | Stat> {
  using dataKey = await unwrapDataKey(core, openedUpload(upload), { signal });
  await using source = new ByteReader(chunksOf([]));
  // Awaited here: the key is wiped on the way out.
  return await appendSegment(core, upload, { dataKey, source, signal });
}

/** Names the blob in the journal. The caller ends the entry. */
async function beginAppend(
  core: VaultCore,
  { tenant, file, header: { context, edks } }: StandingUpload,
  { dataKey, signal }: CallOptions & { readonly dataKey: DataKey },
): Promise<FileWrite> {
  const firstBlob = randomBlobKey();
  const journal = await LiveEntry.begin(core, { tenant, file, blobs: [firstBlob] }, { signal });
  return { tenant, file, context, dataKey, edks, journal, firstBlob };
}

/** One write: the part in, the upload's header as it is from now on, the entry out. */
async function commitPart(
  core: VaultCore,
  write: FileWrite,
  { upload, segment }: { readonly upload: StandingUpload; readonly segment: Segment },
): Promise<StandingUpload> {
  const { header } = upload;
  const grown = {
    offset: header.offset + segment.size,
    parts: header.parts + 1,
    smallParts: header.smallParts + (isSmall(core, header, segment) ? 1 : 0),
  };
  const after = { ...upload, header: { ...header, ...grown }, version: randomVersion() };
  const part = partPut(upload, { start: header.offset, segment }, { expect: null });
  const changes = [part, headerPut(upload, after.header, { expect: upload.version, version: after.version })];
  const operations = await encodeChanges(core, changes);
  const standing = await write.journal.settle();
  await untilOurTurn(async () => {
    const bytes = heldBy(after.header) - heldBy(header);
    const usage = bytes === 0 ? undefined : await usageChange(core, upload.tenant, { bytes, files: 0 });
    const held = await encodeChanges(core, usage === undefined ? [] : [usage]);
    try {
      await writeKnown(core.catalog, [...operations, entryRemoval(standing), ...held]);
    } catch (error) {
      const retry = isSealroomError(error, 'conflict') && usage !== undefined;
      if (retry && (await stands(core, standing)) && (await headerStands(core, upload))) return null;
      if (!(await landedLate(core, write, error))) throw interruptedBy(error);
    }
    return true;
  });
  return after;
}

/** One write: the file in, the upload out. What was its parts the journal names, until they are gone. */
async function completeUpload(
  core: VaultCore,
  write: FileWrite,
  { upload, last }: { readonly upload: StandingUpload; readonly last: Segment | undefined },
): Promise<Stat> {
  const { tenant, file, header } = upload;
  const parts = await readParts(core, upload);
  const segments = [...parts.map(({ segment }) => segment), ...(last === undefined ? [] : [last])];
  const size = segments.reduce((sum, segment) => sum + segment.size, 0);
  const removal = { type: 'remove', partition: uploadPartition(tenant), sort: file, expect: upload.version } as const;
  let leftovers: StandingEntry | undefined;
  const stat = await commitFile(core, write, {
    segments,
    metadata: { ...upload.metadata, size, createdAt: new Date(core.now()).toISOString() },
    ends: async (standing) => {
      if (header.parts === 0) return [removal, entryRemoval(standing)];
      const work = { tenant, file, blobs: [], pages: [], parts: true, state: 'removing', renewed: core.now() } as const;
      const entry = await entryPut(core, work, { over: standing });
      leftovers = entry.standing;
      return [removal, entry.operation];
    },
    mayGoOn: () => headerStands(core, upload),
  });
  // The file is there, so the call has done what it was asked; the journal keeps what is left to do.
  if (leftovers !== undefined) await finishWithin(core, upload, { claimed: leftovers }).catch(() => {});
  return stat;
}

export function tooMany(size: number): SealroomError {
  return new SealroomError('usage', `${size} bytes were announced, and more came`);
}
