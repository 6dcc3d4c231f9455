/** Changing what a vault keeps about a file. */
import { SealroomError, isSealroomError } from '../errors.ts';
import { checkWritable } from './core.ts';
import type { VaultCore } from './core.ts';
import type { Changes, IfVersion, Stat } from './files.ts';
import { checkMetadata } from './metadata.ts';
import type { Metadata } from './metadata.ts';
import { readRecord, recordItem, statOf } from './record-access.ts';
import type { FilePlace } from './record-access.ts';
import { writeKnown } from './write.ts';

/** Attempts against other writers before the caller is told. */
const ATTEMPTS = 10;

/** One conditional write of the record, its metadata sealed anew. */
export async function update(
  core: VaultCore,
  place: FilePlace,
  changes: Changes,
  { ifVersion, signal }: IfVersion = {},
): Promise<Stat> {
  checkWritable(core);
  checkMetadata(changes);
  for (let attempt = 1; ; attempt++) {
    const opened = await readRecord(core, place, { signal });
    checkVersion(opened.version, ifVersion);
    const metadata = changed(opened.metadata, changes);
    const { context, edks, segments } = opened.record;
    const { item, record } = await recordItem(core, place, { context, edks, segments, metadata }, { signal });
    try {
      await writeKnown(core.catalog, [{ type: 'put', item, expect: opened.version }], { signal });
      return statOf({ ...opened, record, metadata, version: item.version });
    } catch (error) {
      if (!isSealroomError(error, 'conflict') || ifVersion !== undefined || attempt === ATTEMPTS) throw error;
    }
  }
}

/** @throws SealroomError `conflict` */
export function checkVersion(found: string, expected: string | undefined): void {
  if (expected !== undefined && expected !== found) {
    throw new SealroomError('conflict', 'the file was changed in the meantime: look at it again');
  }
}

/** Metadata with what the changes name in place of what it had. */
function changed(metadata: Metadata, { name, type, tags, metadata: pairs }: Changes): Metadata {
  return {
    ...metadata,
    name: name ?? metadata.name,
    type: type ?? metadata.type,
    tags: tags ?? metadata.tags,
    metadata: pairs ?? metadata.metadata,
  };
}
