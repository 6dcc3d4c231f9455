/** Appending to a resumable upload: each segment one write, with the last of them the file. */
import { ByteReader, chunksOf } from '../../bytes.ts';
import type { Bytes } from '../../bytes.ts';
import { cancellableChunks } from '../../cancellable.ts';
import type { DataKey } from '../../data-key.ts';
import { upTo } from '../../envelope/stream.ts';
import { SealroomError, isSealroomError } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';
import { encodeChanges } from '../authentic-items.ts';
import { checkWritable } from '../core.ts';
import type { VaultCore } from '../core.ts';
import { commitFile, giveUpWrite, landedLate, mayLandLate, stands, writeSegment } from '../file-write.ts';
import type { FileWrite } from '../file-write.ts';
import type { Stat } from '../files.ts';
import { randomBlobKey, randomVersion } from '../identifiers.ts';
import { LiveEntry, entryPut, entryRemoval, finishRemoval } from '../journal.ts';
import type { StandingEntry } from '../journal.ts';
import { bytesLeft, usageChange, withinQuota } from '../quota.ts';
import type { FilePlace } from '../record-access.ts';
import { MAX_SEGMENTS } from '../records.ts';
import type { Segment } from '../records.ts';
import { unwrapDataKey } from '../segments.ts';
import { standingOf } from '../standing.ts';
import { untilOurTurn, writeKnown } from '../write.ts';
import { headerPut, heldBy, partPut, readParts, uploadPartition } from './items.ts';
import type { StandingUpload } from './items.ts';
import { isSmall, mergeSmallParts, openedUpload, segmentLengthOf } from './merge.ts';
import { completeStat, readUpload, uploadStatOf } from './stat.ts';
import type { AppendOptions, UploadStat } from './uploads.ts';

export async function appendToUpload(
  core: VaultCore,
  place: FilePlace,
  bytes: Bytes,
  { offset, enough, signal }: AppendOptions,
): Promise<UploadStat> {
  checkWritable(core);
  const first = await readUpload(core, place, { signal });
  const durable = 'header' in first ? first.header.offset : first.size;
  if (durable !== offset) {
    throw new SealroomError('conflict', `the upload goes on at byte ${durable}, not ${offset}`);
  }
  const arriving = new Arriving(chunksOf(bytes), enough);
  // The signal gives everything up, at once.
  const chunks = cancellableChunks(arriving, signal);
  if (!('header' in first)) {
    await using rest = new ByteReader(chunks);
    if (!(await rest.atEnd())) throw tooMany(first.size);
    arriving.check();
    return completeStat(first);
  }
  const left = first.header.size === null ? await bytesLeft(core, place.tenant, { files: 0, signal }) : Infinity;
  await using source = new ByteReader(left === Infinity ? chunks : withinQuota(place.tenant, chunks, left));
  // Of an empty file, or one whose size was declared last, all bytes are durable, and still it is no file.
  if ((await source.atEnd()) && first.header.size !== offset) {
    arriving.check();
    return uploadStatOf(first);
  }
  using dataKey = await unwrapDataKey(core, openedUpload(first), { signal });
  let upload: StandingUpload | Stat = first;
  do {
    upload = await mergeSmallParts(core, upload, { dataKey, signal });
    upload = await appendSegment(core, upload, { dataKey, source, signal });
  } while ('header' in upload && !(await source.atEnd()));
  arriving.check();
  return 'header' in upload ? uploadStatOf(upload) : completeStat(upload);
}

function tooMany(size: number): SealroomError {
  return new SealroomError('usage', `${size} bytes were announced, and more came`);
}

/** Chunks until their source breaks, which is told when what came before is safe, or until that was enough. */
class Arriving implements AsyncIterable<Uint8Array> {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly #enough: AbortSignal | undefined;
  #broke: { readonly error: unknown } | undefined;

  constructor(chunks: AsyncIterable<Uint8Array>, enough: AbortSignal | undefined) {
    this.chunks = cancellableChunks(chunks, enough);
    this.#enough = enough;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* this.chunks;
    } catch (error) {
      if (!this.#enough?.aborted) this.#broke = { error };
    }
  }

  /** Throws what broke the source. */
  check(): void {
    if (this.#broke !== undefined) throw this.#broke.error;
  }
}

interface Appending extends CallOptions {
  readonly dataKey: DataKey;
  readonly source: ByteReader;
}

/** One segment of what arrives, durable; with the last of them the file. */
async function appendSegment(
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
  const either = AbortSignal.any([journal.signal, ...(signal === undefined ? [] : [signal])]);
  try {
    const plaintext = cancellableChunks(upTo(source, Math.min(segmentLengthOf(core, header), left)), either);
    // A file has a segment, though it be empty.
    const some = left > 0 || header.parts === 0;
    const segment = some ? await writeSegment(core, write, plaintext, { first: true, signal: either }) : undefined;
    if (header.offset + (segment?.size ?? 0) === header.size) {
      if (!(await source.atEnd())) throw tooMany(header.size);
      return await completeUpload(core, write, { upload, last: segment });
    }
    return await commitPart(core, write, { upload, segment: segment! });
  } catch (error) {
    const outcome = await giveUpWrite(core, write, { lateBlob: mayLandLate(error) });
    // What had failed has happened after all.
    if (outcome === 'committed') return readUpload(core, upload, { signal });
    throw await reasonOf(core, upload, error);
  }
}

/** Where the upload was changed meanwhile, that is why. */
async function reasonOf(core: VaultCore, upload: StandingUpload, error: unknown): Promise<unknown> {
  if (!isSealroomError(error, 'conflict') && !isSealroomError(error, 'interrupted')) return error;
  if (await headerStands(core, upload).catch(() => true)) return error;
  return new SealroomError('conflict', 'another request was faster with this upload, or gave it up', { cause: error });
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
      if (!(await landedLate(core, write, error))) throw error;
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
  if (leftovers !== undefined) {
    const standing = await standingOf(core, upload).catch(() => undefined);
    if (standing !== undefined) await finishRemoval(core, leftovers, { standing }).catch(() => {});
  }
  return stat;
}

async function headerStands(core: VaultCore, { tenant, file, version }: StandingUpload): Promise<boolean> {
  return (await core.catalog.get(uploadPartition(tenant), file))?.version === version;
}
