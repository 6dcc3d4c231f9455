/** Removing a file. */
import { SealroomError } from '../errors.ts';
import { checkWritable, filePartition } from './core.ts';
import type { VaultCore } from './core.ts';
import type { IfVersion } from './files.ts';
import { entryPut, finishRemoval } from './journal.ts';
import type { Metadata } from './metadata.ts';
import { checkVersion, readRecord } from './record-access.ts';
import type { FilePlace } from './record-access.ts';
import { retryConflicts, writeKnown } from './write.ts';

/**
 * This version sets neither, and keeps what another set.
 *
 * @throws SealroomError `retained`
 */
function checkRemovable({ hold, retainUntil }: Metadata, now: number): void {
  if (hold !== null)
    throw new SealroomError('retained', 'the file is on hold: it cannot be removed until it is released');
  // A time that is none is no permission.
  if (retainUntil !== null && !(Date.parse(retainUntil) <= now)) {
    throw new SealroomError('retained', `the file is retained until ${retainUntil}`);
  }
}

/**
 * One write takes the record out, and its encrypted data keys with it, and names the blobs in the journal; from then
 * on the file cannot be read. Its blobs go next; what cannot be removed now, a sweep removes.
 */
export async function remove(core: VaultCore, place: FilePlace, { ifVersion, signal }: IfVersion = {}): Promise<void> {
  checkWritable(core);
  const standing = await retryConflicts(
    async () => {
      const { record, metadata, version } = await readRecord(core, place, { signal });
      checkVersion(version, ifVersion);
      checkRemovable(metadata, core.now());
      const blobs = record.segments.map((segment) => segment.blob);
      const work = { ...place, blobs, state: 'removing', renewed: core.now() } as const;
      const entry = await entryPut(core, work, { signal });
      const partition = filePartition(core, place.tenant, place.file);
      const removal = { type: 'remove', partition, sort: place.file, expect: version } as const;
      await writeKnown(core.catalog, [entry.operation, removal], { signal });
      return entry.standing;
    },
    ifVersion === undefined ? undefined : 1,
  );
  // The file is gone, so the call has done what it was asked; the journal keeps what is left to do.
  await finishRemoval(core, standing, { signal }).catch(() => {});
}
