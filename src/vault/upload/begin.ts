/** Beginning a resumable upload: one write of its header, which no blob stands behind yet. */
import { SealroomError, isSealroomError } from '../../errors.ts';
import { encodeChanges } from '../authentic-items.ts';
import { checkWritable } from '../core.ts';
import type { VaultCore } from '../core.ts';
import { describedFile } from '../described.ts';
import { duePut } from '../due.ts';
import { timeOrderedId } from '../identifiers.ts';
import { sealMetadata } from '../metadata.ts';
import { put } from '../put.ts';
import { usageChange } from '../quota.ts';
import { fullContext, sealedPlace } from '../record-access.ts';
import { generateChecked } from '../records.ts';
import { untilOurTurn, writeKnown } from '../write.ts';
import { headerPut, heldBy } from './items.ts';
import { completeStat, uploadStatOf } from './stat.ts';
import type { BeginUploadOptions, UploadStat } from './uploads.ts';

export async function beginUpload(core: VaultCore, tenant: string, options: BeginUploadOptions): Promise<UploadStat> {
  if (typeof options?.name !== 'string') throw new SealroomError('usage', 'a file has a name: begin({ name })');
  const { size = null, signal } = options;
  // Of an empty file everything is there.
  if (size === 0) return completeStat(await put(core, tenant, new Uint8Array(0), options));
  const now = core.now();
  const { context, said } = describedFile(options, now);
  if (size !== null) checkSize(size);
  checkWritable(core);
  await core.keys.expectTenant(tenant, { signal });
  const place = { tenant, file: timeOrderedId(now) };
  const { dataKey, edks } = await generateChecked(core.keyring, fullContext(core, place, context), { signal });
  dataKey[Symbol.dispose]();
  const metadata = { ...said, size: 0, createdAt: new Date(now).toISOString() };
  using catalogKey = await core.keys.tenantKey(tenant, { signal });
  const sealedIn = sealedPlace(core, place, { context, segments: [] }, catalogKey.version, 'upload');
  const sealed = sealMetadata(metadata, catalogKey.key, sealedIn);
  const none = { offset: 0, parts: 0, smallParts: 0 };
  const header = { context, edks, sealed, size, ...none, expires: now + core.uploadTime };
  const due = duePut(core, place, new Date(header.expires).toISOString(), 'upload');
  await untilOurTurn(
    async () => {
      const usage = await usageChange(core, tenant, { bytes: heldBy(header), files: 1, signal });
      const changes = [headerPut(place, header, { expect: null }), due, ...(usage === undefined ? [] : [usage])];
      try {
        await writeKnown(core.catalog, await encodeChanges(core, changes, { signal }), { signal });
      } catch (error) {
        // The id is fresh, so it is what the tenant holds that has changed.
        if (usage !== undefined && isSealroomError(error, 'conflict')) return null;
        throw error;
      }
      return true;
    },
    { signal },
  );
  return uploadStatOf({ ...place, header, metadata });
}

/** @throws SealroomError `usage` */
export function checkSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new SealroomError('usage', 'the size of a file is a whole number of bytes, at least 0');
  }
}
