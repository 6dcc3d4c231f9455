/** What stands for a file, and removing what stands for nothing (F37). */
import { SealroomError, isSealroomError } from '../errors.ts';
import { CATALOG_LIMITS } from '../ports.ts';
import type { CallOptions, WriteOperation } from '../ports.ts';
import { filePartition } from './core.ts';
import type { VaultCore } from './core.ts';
import type { JournalEntry } from './item-kinds.ts';
import { wholeRecord } from './record-access.ts';
import type { FilePlace } from './record-access.ts';
import { pagesPartition } from './segment-pages.ts';
import { headerStands, partPartition, partsOf, readStandingUpload } from './upload/items.ts';
import type { Part } from './upload/items.ts';
import { untilOurTurn, writeIfFirst } from './write.ts';

/** What a file's record lists, or its upload; nobody may remove it. */
export interface Standing {
  readonly blobs: ReadonlySet<string>;
  readonly pages: ReadonlySet<string>;
  /** True while the file is being uploaded: its parts stand. */
  readonly upload: boolean;
}

/**
 * For what was never listed, or was taken out of the catalog by a write that is known to have happened, from the only
 * thing that listed it.
 */
export const NOTHING: Standing = { blobs: new Set(), pages: new Set(), upload: false };

export async function standingOf(core: VaultCore, place: FilePlace, { signal }: CallOptions = {}): Promise<Standing> {
  return untilOurTurn(() => standingNow(core, place, { signal }), { signal });
}

/** Null when it was changed while it was read: blobs are removed by what this says, so it may miss none. */
async function standingNow(core: VaultCore, place: FilePlace, { signal }: CallOptions): Promise<Standing | null> {
  // The upload first: it becomes the file in one write, so one of the two is found.
  const upload = await readStandingUpload(core, place, { signal });
  const item = await core.catalog.get(filePartition(core, place.tenant, place.file), place.file, { signal });
  const blobs = new Set<string>();
  let pages: readonly string[] = [];
  if (item !== undefined) {
    const record = await orGone(wholeRecord(core, place, item, { signal }));
    if (record === undefined) return null;
    for (const { blob } of record.segments) blobs.add(blob);
    pages = record.pages;
  }
  if (upload !== undefined) {
    for await (const { segment } of partsOf(core, place, { signal })) blobs.add(segment.blob);
    if (!(await headerStands(core, upload, { signal }))) return null;
  }
  return { blobs, pages: new Set(pages), upload: upload !== undefined };
}

async function orGone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isSealroomError(error, 'not-found')) return undefined;
    throw error;
  }
}

/** Removes what an entry that was claimed names, and what does not stand; the entry stays. */
export async function removeNamed(
  core: VaultCore,
  entry: JournalEntry,
  { standing, signal }: CallOptions & { readonly standing: Standing },
): Promise<void> {
  const { blobs } = standing;
  await removeBlobs(
    core,
    entry.blobs.filter((blob) => !blobs.has(blob)),
    { signal },
  );
  const pages = entry.pages.filter((page) => !standing.pages.has(page));
  for (const page of pages) await removeItem(core, pagesPartition(entry), page, { signal });
  if (entry.parts && !standing.upload) await removeParts(core, entry, { blobs, signal });
}

/** An entry names up to hundreds, which a distant store would take longer to remove in turn than anybody waits. */
const REMOVED_AT_ONCE = 8;

/**
 * Removes blobs, several at once. When one cannot be removed, no more are tried.
 *
 * @throws what the first failure was, once nothing is under way any more
 */
async function removeBlobs(core: VaultCore, blobs: readonly string[], options: CallOptions): Promise<void> {
  let left = blobs.length;
  const removeInTurn = async (): Promise<void> => {
    while (left > 0) {
      const blob = blobs[--left]!;
      try {
        await core.blobs.remove(blob, options);
      } catch (error) {
        left = 0;
        throw error;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: REMOVED_AT_ONCE }, removeInTurn));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Removes the parts of an upload that is no more, each after its blob, which nothing else names. */
async function removeParts(
  core: VaultCore,
  place: FilePlace,
  { blobs, signal }: CallOptions & { readonly blobs: ReadonlySet<string> },
): Promise<void> {
  const partition = partPartition(place);
  const remove = async (parts: readonly Part[]): Promise<void> => {
    const named = parts.map(({ segment }) => segment.blob);
    await removeBlobs(
      core,
      named.filter((blob) => !blobs.has(blob)),
      { signal },
    );
    const removals = parts.map(({ sort, version }): WriteOperation => ({
      type: 'remove',
      partition,
      sort,
      expect: version,
    }));
    // Another one may have removed some of them: the next sweep finds what is left.
    if (!(await writeIfFirst(core.catalog, removals, { signal }))) {
      throw new SealroomError('conflict', `others remove the parts of the upload of file ${place.file}`);
    }
  };
  let batch: Part[] = [];
  for await (const part of partsOf(core, place, { signal })) {
    batch.push(part);
    if (batch.length < CATALOG_LIMITS.operations) continue;
    await remove(batch);
    batch = [];
  }
  if (batch.length > 0) await remove(batch);
}

async function removeItem(core: VaultCore, partition: string, sort: string, { signal }: CallOptions): Promise<void> {
  const item = await core.catalog.get(partition, sort, { signal });
  if (item === undefined) return;
  // Pages never change: one that is not as it was is gone.
  await writeIfFirst(core.catalog, [{ type: 'remove', partition, sort, expect: item.version }], { signal });
}
