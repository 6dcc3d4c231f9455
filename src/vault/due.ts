/** What is to be done at a time: files to remove (F38). Hints, which a sweep holds against the records. */
import { SealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import type { ItemChange } from './authentic-items.ts';
import type { VaultCore } from './core.ts';
import { isFileId, shardOf } from './identifiers.ts';
import { decodeItem, itemsOf } from './items.ts';
import { readStandingRecord } from './record-access.ts';
import type { FilePlace } from './record-access.ts';
import { removeExpired } from './remove.ts';
import { hasExpired } from './times.ts';
import { abandonStanding } from './upload/abandon.ts';
import { readStandingUpload } from './upload/items.ts';
import { writeIfFirst } from './write.ts';

/**
 * The item that says when a file is to go, or an upload of it is to be given up; its sort key begins with the time, so
 * that what is due comes first.
 */
export function duePut(
  core: VaultCore,
  { tenant, file }: FilePlace,
  expires: string,
  kind: 'file' | 'upload' = 'file',
): ItemChange {
  const partition = `due/${shardOf(file, core.shards)}`;
  // Both may be due in one millisecond.
  const sort = kind === 'file' ? `${expires}/${file}` : `${expires}/${file}/upload`;
  return { type: 'put', partition, sort, value: { tenant, file, kind }, expect: null };
}

export interface DueCounts {
  /** Files that were removed, and uploads that were given up, because their time had come. */
  expired: number;
  waiting: number;
  ignored: number;
}

/** Removes the files whose time has come. What fails is told to `onFailure`, and tried again by the next sweep. */
export async function sweepDue(
  core: VaultCore,
  {
    counts,
    onFailure,
    signal,
  }: CallOptions & { readonly counts: DueCounts; readonly onFailure: (error: unknown) => void },
): Promise<void> {
  const now = new Date(core.now()).toISOString();
  for (let shard = 0; shard < core.shards; shard++) {
    const partition = `due/${shard}`;
    for await (const { sort, version, data } of itemsOf(core.catalog, partition, { signal })) {
      if (sort.slice(0, now.length) > now) break;
      using itemKeys = await core.keys.itemKeys({ signal });
      const json = decodeItem(data, { vault: core.id, partition, sort }, itemKeys.byVersion);
      const place = json && { tenant: json.string('tenant'), file: json.string('file') };
      if (place === undefined || !isFileId(place.file)) {
        counts.ignored++;
        continue;
      }
      try {
        const removed = json?.string('kind') === 'upload' ? uploadAbandonedWhenDue : removedWhenDue;
        if (await removed(core, place, { counts, signal })) {
          // Another sweep may have been first with it, which is as well.
          await writeIfFirst(core.catalog, [{ type: 'remove', partition, sort, expect: version }], { signal });
        }
      } catch (error) {
        onFailure(error);
      }
    }
  }
}

/** True when nothing is left that the hint could mean. */
async function removedWhenDue(
  core: VaultCore,
  place: FilePlace,
  { counts, signal }: CallOptions & { readonly counts: DueCounts },
): Promise<boolean> {
  const found = await readStandingRecord(core, place, { signal });
  if (found === undefined) return true;
  if (!hasExpired(found.metadata, core.now())) {
    counts.waiting++;
    return false;
  }
  try {
    await removeExpired(core, place, { signal });
    counts.expired++;
  } catch (error) {
    // Someone else was first.
    if (!(error instanceof SealroomError) || error.code !== 'not-found') throw error;
  }
  return true;
}

/** As `removedWhenDue`, for an upload. */
async function uploadAbandonedWhenDue(
  core: VaultCore,
  place: FilePlace,
  { counts, signal }: CallOptions & { readonly counts: DueCounts },
): Promise<boolean> {
  const upload = await readStandingUpload(core, place, { signal });
  if (upload === undefined) return true;
  if (upload.header.expires > core.now()) {
    counts.waiting++;
    return false;
  }
  if (await abandonStanding(core, upload, { signal })) counts.expired++;
  return true;
}
