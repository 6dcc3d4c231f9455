/** Changing what a vault keeps about a file. */
import { checkWritable } from './core.ts';
import type { VaultCore } from './core.ts';
import type { Changes, IfVersion, Stat } from './files.ts';
import { checkMetadata } from './metadata.ts';
import type { Metadata } from './metadata.ts';
import { checkVersion, readRecord, recordItem, statOf } from './record-access.ts';
import type { FilePlace } from './record-access.ts';
import { retryConflicts, writeKnown } from './write.ts';

/** One conditional write of the record, its metadata sealed anew. */
export async function update(
  core: VaultCore,
  place: FilePlace,
  changes: Changes,
  { ifVersion, signal }: IfVersion = {},
): Promise<Stat> {
  checkWritable(core);
  // A copy: what is checked is what is sealed, whatever the caller does with his objects meanwhile.
  const asked = copyOf(changes);
  checkMetadata(asked);
  return retryConflicts(
    async () => {
      const opened = await readRecord(core, place, { signal });
      checkVersion(opened.version, ifVersion);
      const metadata = changed(opened.metadata, asked);
      const { context, edks, segments, pages } = opened.record;
      const { item, record } = await recordItem(core, place, { context, edks, segments, pages, metadata }, { signal });
      await writeKnown(core.catalog, [{ type: 'put', item, expect: opened.version }], { signal });
      return statOf({ ...opened, record, metadata, version: item.version });
    },
    ifVersion === undefined ? undefined : 1,
  );
}

function copyOf({ name, type, tags, metadata }: Changes): Changes {
  return {
    name,
    type,
    tags: tags === undefined ? undefined : { ...tags },
    metadata: metadata === undefined ? undefined : { ...metadata },
  };
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
