/** Merging small parts, so that an upload in tiny pieces stays a file of few segments. */
import type { DataKey } from '../../data-key.ts';
import { SealroomError, isSealroomError } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';
import { encodeChanges } from '../authentic-items.ts';
import type { ItemChange } from '../authentic-items.ts';
import type { VaultCore } from '../core.ts';
import { giveUpWrite, landedLate, mayLandLate, writeSegment } from '../file-write.ts';
import type { FileWrite } from '../file-write.ts';
import { randomBlobKey, randomVersion } from '../identifiers.ts';
import { LiveEntry, entryPut, finishWithin } from '../journal.ts';
import type { StandingEntry } from '../journal.ts';
import type { Segment } from '../records.ts';
import type { OpenedRecord } from '../record-access.ts';
import { segmentKey, wholeSegment } from '../segments.ts';
import { writeKnown } from '../write.ts';
import { headerPut, headerStands, partPartition, partPut, readParts } from './items.ts';
import type { Part, StandingUpload, UploadHeader } from './items.ts';

/** Small parts that are left as they are: merging costs reading and writing, and most uploads never have so many. */
const SMALL_PARTS = 100;
/** Most parts that become one: with the header and the entry they fit into one write. */
const FAN_IN = 16;
/**
 * Into how many full segments a file's size is divided at most. No two neighbours are half full for long, so that twice
 * as many and the small parts stay below the most that a file has.
 */
const FULL_SEGMENTS = 400;
/** From here on the parts are looked at: where the size was not known, what was large once is small now. */
const MANY_PARTS = 2 * FULL_SEGMENTS + SMALL_PARTS;

/** Plaintext bytes after which an upload begins another segment. */
export function segmentLengthOf(core: VaultCore, { size, offset }: Pick<UploadHeader, 'size' | 'offset'>): number {
  const share = Math.ceil((size ?? offset) / FULL_SEGMENTS);
  return Math.min(core.segmentLength, Math.max(core.uploadSegmentLength, share));
}

/** True for a part that may become one with its neighbours. */
export function isSmall(core: VaultCore, header: UploadHeader, { size }: Pick<Segment, 'size'>): boolean {
  return size < segmentLengthOf(core, header) / 2;
}

/** An upload as what its segments are opened by. */
export function openedUpload({ tenant, file, header, metadata, version }: StandingUpload): OpenedRecord {
  const { context, edks, sealed } = header;
  return { tenant, file, record: { context, edks, segments: [], pages: [], sealed }, metadata, version };
}

/** Makes one part of several, where an upload has too many small ones. */
export async function mergeSmallParts(
  core: VaultCore,
  upload: StandingUpload,
  { dataKey, signal }: CallOptions & { readonly dataKey: DataKey },
): Promise<StandingUpload> {
  const { header } = upload;
  if (header.smallParts <= SMALL_PARTS && header.parts < MANY_PARTS) return upload;
  const parts = await readParts(core, upload, { signal });
  const smallOf = (some: readonly Part[]): number =>
    some.filter(({ segment }) => isSmall(core, header, segment)).length;
  if (smallOf(parts) <= SMALL_PARTS) return upload;
  const run = cheapestRun(parts, segmentLengthOf(core, header));
  if (run === undefined) return upload;
  const size = run.reduce((sum, { segment }) => sum + segment.size, 0);
  const after = {
    ...header,
    parts: header.parts - run.length + 1,
    smallParts: smallOf(parts) - smallOf(run) + (isSmall(core, header, { size }) ? 1 : 0),
  };
  return mergeParts(core, upload, { run, after, dataKey, signal });
}

/**
 * The neighbours to merge. Those of the lowest tier, by the size of the largest, so that a byte is written again once
 * for each tier; of these the most, then the largest.
 *
 * @param length most bytes that they may have together
 */
export function cheapestRun(parts: readonly Part[], length: number): readonly Part[] | undefined {
  let best: { readonly run: readonly Part[]; readonly rank: readonly number[] } | undefined;
  for (let start = 0; start < parts.length - 1; start++) {
    let bytes = parts[start]!.segment.size;
    let largest = bytes;
    for (let end = start + 1; end < parts.length && end < start + FAN_IN; end++) {
      const { size } = parts[end]!.segment;
      bytes += size;
      largest = Math.max(largest, size);
      if (bytes > length) break;
      const rank = [-tierOf(largest), end - start, bytes];
      if (best === undefined || isHigher(rank, best.rank)) best = { run: parts.slice(start, end + 1), rank };
    }
  }
  return best?.run;
}

function tierOf(size: number): number {
  return Math.floor(Math.log2(Math.max(1, size)) / Math.log2(FAN_IN));
}

function isHigher(a: readonly number[], b: readonly number[]): boolean {
  const i = a.findIndex((value, j) => value !== b[j]);
  return i !== -1 && a[i]! > b[i]!;
}

/** One write: the merged part in place of the first, the others out, and their blobs named as to be removed. */
async function mergeParts(
  core: VaultCore,
  upload: StandingUpload,
  {
    run,
    after,
    dataKey,
    signal,
  }: CallOptions & { readonly run: readonly Part[]; readonly after: UploadHeader; readonly dataKey: DataKey },
): Promise<StandingUpload> {
  const { tenant, file } = upload;
  const { context, edks } = upload.header;
  const firstBlob = randomBlobKey();
  const journal = await LiveEntry.begin(core, { tenant, file, blobs: [firstBlob] }, { signal });
  using _ = journal;
  const write: FileWrite = { tenant, file, context, dataKey, edks, journal, firstBlob };
  const either = journal.signalWith(signal);
  let replaced: StandingEntry;
  const version = randomVersion();
  try {
    const plaintext = plaintextOf(core, upload, { run, dataKey, signal: either });
    const segment = await writeSegment(core, write, plaintext, { first: true, signal: either });
    const standing = await journal.settle();
    const blobs = run.map((part) => part.segment.blob);
    const work = { tenant, file, blobs, pages: [], parts: false, state: 'removing', renewed: core.now() } as const;
    const entry = await entryPut(core, work, { over: standing });
    replaced = entry.standing;
    const [first, ...others] = run;
    const changes: ItemChange[] = [
      partPut(upload, { start: first!.start, segment }, { expect: first!.version }),
      headerPut(upload, after, { expect: upload.version, version }),
      ...others.map((part) => ({
        type: 'remove' as const,
        partition: partPartition(upload),
        sort: part.sort,
        expect: part.version,
      })),
    ];
    try {
      await writeKnown(core.catalog, [...(await encodeChanges(core, changes)), entry.operation]);
    } catch (error) {
      if (!(await landedLate(core, write, error))) throw error;
    }
  } catch (error) {
    await giveUpWrite(core, write, { lateBlob: mayLandLate(error) });
    throw error;
  }
  await finishWithin(core, upload, { claimed: replaced }).catch(() => {});
  return { ...upload, header: after, version };
}

async function* plaintextOf(
  core: VaultCore,
  upload: StandingUpload,
  { run, dataKey, signal }: CallOptions & { readonly run: readonly Part[]; readonly dataKey: DataKey },
): AsyncGenerator<Uint8Array, void, undefined> {
  const opened = openedUpload(upload);
  for (const { segment } of run) {
    using frameKey = segmentKey(core, opened, segment, dataKey);
    try {
      yield* wholeSegment(core, opened, segment, { frameKey, signal });
    } catch (error) {
      throw isSealroomError(error, 'not-found') ? await reasonOfLoss(core, upload, error) : error;
    }
  }
}

/** A blob that is not there: another has merged it meanwhile, or given the upload up, or it is lost. */
async function reasonOfLoss(core: VaultCore, upload: StandingUpload, cause: unknown): Promise<SealroomError> {
  return (await headerStands(core, upload))
    ? new SealroomError('damaged', `bytes of the upload of file ${upload.file} are missing from the store`, { cause })
    : new SealroomError('conflict', 'another request was faster with this upload, or gave it up', { cause });
}
