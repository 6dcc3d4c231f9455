/** Removing a file. */
import { SealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import { encodeChanges } from './authentic-items.ts';
import { checkWritable, filePartition } from './core.ts';
import type { VaultCore } from './core.ts';
import type { IfVersion } from './files.ts';
import { entryPut, finishRemoval } from './journal.ts';
import type { StandingEntry } from './journal.ts';
import type { Metadata } from './metadata.ts';
import { usageChange } from './quota.ts';
import { checkVersion, readRecord, readStandingRecord } from './record-access.ts';
import type { FilePlace, OpenedRecord } from './record-access.ts';
import { hasExpired } from './times.ts';
import { untilOurTurn, writeIfFirst } from './write.ts';

/** @throws SealroomError `retained` */
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
  await removeRecord(core, place, { read: () => readRecord(core, place, { signal }), ifVersion, signal });
}

/**
 * Removes a file whose time has come, which to everybody else is not there any more.
 *
 * @throws SealroomError `not-found` when it has gone, or its time has not come after all
 */
export async function removeExpired(core: VaultCore, place: FilePlace, { signal }: CallOptions = {}): Promise<void> {
  const read = async (): Promise<OpenedRecord> => {
    const opened = await readStandingRecord(core, place, { signal });
    if (opened !== undefined && hasExpired(opened.metadata, core.now())) return opened;
    throw new SealroomError('not-found', `no expired file has the id ${place.file}`);
  };
  await removeRecord(core, place, { read, signal });
}

async function removeRecord(
  core: VaultCore,
  place: FilePlace,
  { read, ifVersion, signal }: IfVersion & { readonly read: () => Promise<OpenedRecord> },
): Promise<void> {
  const attempt = async (): Promise<StandingEntry | null> => {
    const { record, metadata, version } = await read();
    const { pages } = record;
    checkVersion(version, ifVersion);
    checkRemovable(metadata, core.now());
    const blobs = record.segments.map((segment) => segment.blob);
    const work = { ...place, blobs, pages, parts: false, state: 'removing', renewed: core.now() } as const;
    const entry = await entryPut(core, work, { signal });
    const partition = filePartition(core, place.tenant, place.file);
    const removal = { type: 'remove', partition, sort: place.file, expect: version } as const;
    const held = await usageChange(core, place.tenant, { bytes: -metadata.size, files: -1, signal });
    const changes = await encodeChanges(core, held === undefined ? [] : [held], { signal });
    const first = await writeIfFirst(core.catalog, [entry.operation, removal, ...changes], { signal });
    return first ? entry.standing : null;
  };
  const standing = await untilOurTurn(attempt, { signal });
  // The file is gone, so the call has done what it was asked; the journal keeps what is left to do.
  await finishRemoval(core, standing, { signal }).catch(() => {});
}
