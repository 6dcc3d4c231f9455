/** How much a tenant holds, where that is limited (F40). */
import { SealroomError, isSealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import type { ItemChange } from './authentic-items.ts';
import { encodeChanges } from './authentic-items.ts';
import { checkWritable, filePartition, filePartitions, TENANTS } from './core.ts';
import type { VaultCore } from './core.ts';
import { decodeTenant, decodeUsage, encodeTenant } from './item-kinds.ts';
import type { Quota, Tenant, Usage } from './item-kinds.ts';
import { decodeItem, itemsOf } from './items.ts';
import { openRecord } from './record-access.ts';
import { heldBy, uploadsOf } from './upload/items.ts';
import { retryConflicts, untilOurTurn, writeIfFirst, writeKnown } from './write.ts';

/** What a change adds to what a tenant holds, or takes from it. */
export interface UsageChange {
  readonly bytes: number;
  readonly files: 1 | 0 | -1;
}

/**
 * The change of what a tenant holds, for the same write as the record; undefined where there is no quota. The tenant is
 * read anew, so that a quota counts from the moment it was set.
 *
 * @throws SealroomError `quota` when the tenant would hold too much
 */
export async function usageChange(
  core: VaultCore,
  tenant: string,
  { bytes, files, signal }: UsageChange & CallOptions,
): Promise<ItemChange | undefined> {
  const { quota } = (await readTenant(core, tenant, { signal })).tenant;
  if (quota === null) return undefined;
  const { usage, version } = await readUsage(core, tenant, { signal });
  const after = { bytes: Math.max(0, usage.bytes + bytes), files: Math.max(0, usage.files + files) };
  if (bytes > 0 || files > 0) checkQuota(tenant, quota, after);
  return { type: 'put', ...usagePlace(tenant), value: after, expect: version };
}

/**
 * Plaintext bytes that a tenant may still put: an upload stops when it must exceed them.
 *
 * @param options.files how many are to come: one, unless it is counted already
 * @throws SealroomError `quota` when it may put no file at all
 */
export async function bytesLeft(
  core: VaultCore,
  tenant: string,
  { files = 1, signal }: CallOptions & { readonly files?: 0 | 1 } = {},
): Promise<number> {
  const { quota } = (await readTenant(core, tenant, { signal })).tenant;
  if (quota === null) return Infinity;
  const { usage } = await readUsage(core, tenant, { signal });
  checkQuota(tenant, quota, { bytes: usage.bytes, files: usage.files + files });
  return quota.bytes === null ? Infinity : quota.bytes - usage.bytes;
}

function checkQuota(tenant: string, quota: Quota, { bytes, files }: Usage): void {
  if (quota.files !== null && files > quota.files) {
    throw new SealroomError('quota', `tenant ${tenant} may hold ${quota.files} files, and holds as many`);
  }
  if (quota.bytes !== null && bytes > quota.bytes) {
    throw new SealroomError('quota', `tenant ${tenant} may hold ${quota.bytes} bytes, and would hold more`);
  }
}

/** The same chunks, as long as they fit; then `quota`. */
export async function* withinQuota(
  tenant: string,
  chunks: AsyncIterable<Uint8Array>,
  left: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let read = 0;
  for await (const chunk of chunks) {
    read += chunk.length;
    checkFits(tenant, read, left);
    yield chunk;
  }
}

/** @throws SealroomError `quota` */
export function checkFits(tenant: string, size: number, left: number): void {
  if (size <= left) return;
  throw new SealroomError('quota', `tenant ${tenant} may put ${Math.max(0, left)} bytes more, and this file is larger`);
}

/**
 * Sets, changes or (null) takes away the quota of a tenant. What it holds is counted anew by the next who needs to
 * know.
 *
 * @throws SealroomError `no-tenant`, `usage`
 */
export async function setQuota(
  core: VaultCore,
  name: string,
  quota: Quota | null,
  { signal }: CallOptions = {},
): Promise<Tenant> {
  checkWritable(core);
  const asked = checkedQuota(quota);
  return retryConflicts(async () => {
    const { tenant, version } = await readTenant(core, name, { signal });
    const changed = { ...tenant, quota: asked };
    const changes: ItemChange[] = [
      { type: 'put', partition: TENANTS, sort: name, value: encodeTenant(changed), expect: version },
    ];
    const place = usagePlace(name);
    const counted = await core.catalog.get(place.partition, place.sort, { signal });
    if (counted !== undefined) changes.push({ type: 'remove', ...place, expect: counted.version });
    await writeKnown(core.catalog, await encodeChanges(core, changes, { signal }), { signal });
    return changed;
  });
}

/** @throws SealroomError `usage` */
export function checkedQuota(quota: Quota | null): Quota | null {
  if (quota === null) return null;
  const { bytes, files } = quota;
  for (const limit of [bytes, files]) {
    if (limit !== null && (!Number.isSafeInteger(limit) || limit < 0)) {
      throw new SealroomError(
        'usage',
        'a quota has whole numbers of bytes and files, at least 0, or null for no limit',
      );
    }
  }
  return bytes === null && files === null ? null : { bytes, files };
}

/** Where it is on record what a tenant holds. */
export function usagePlace(tenant: string): { readonly partition: string; readonly sort: string } {
  return { partition: `usage/${tenant}`, sort: 'total' };
}

/** @throws SealroomError `no-tenant` */
export async function readTenant(
  core: VaultCore,
  name: string,
  { signal }: CallOptions = {},
): Promise<{ readonly tenant: Tenant; readonly version: string }> {
  const item = await core.catalog.get(TENANTS, name, { signal });
  using itemKeys = await core.keys.itemKeys({ signal });
  const json = item && decodeItem(item.data, { vault: core.id, partition: TENANTS, sort: name }, itemKeys.byVersion);
  if (item === undefined || json === undefined) {
    throw new SealroomError('no-tenant', `there is no tenant ${name}: create it first`);
  }
  return { tenant: decodeTenant(name, json), version: item.version };
}

/**
 * What a tenant holds. Where it is not on record it is counted: nothing that knows of the quota commits meanwhile,
 * because every such write expects the record of what is held.
 */
async function readUsage(
  core: VaultCore,
  tenant: string,
  { signal }: CallOptions,
): Promise<{ readonly usage: Usage; readonly version: string }> {
  const { partition, sort } = usagePlace(tenant);
  return untilOurTurn(
    async () => {
      const item = await core.catalog.get(partition, sort, { signal });
      using itemKeys = await core.keys.itemKeys({ signal });
      const json = item && decodeItem(item.data, { vault: core.id, partition, sort }, itemKeys.byVersion);
      if (item !== undefined && json !== undefined) return { usage: decodeUsage(json), version: item.version };
      const value = { ...(await countFiles(core, tenant, { signal })) };
      const change: ItemChange = { type: 'put', partition, sort, value, expect: item?.version ?? null };
      // Read anew also when it was ours: another may have written meanwhile.
      await writeIfFirst(core.catalog, await encodeChanges(core, [change], { signal }), { signal });
      return null;
    },
    { signal },
  );
}

/** Reads every record of a tenant. */
export async function countFiles(core: VaultCore, tenant: string, { signal }: CallOptions): Promise<Usage> {
  // What is being uploaded counts from its beginning, so that many uploads do not hold more than one file may. It is
  // looked at first: one that becomes a file meanwhile is found twice, and not missed.
  const uploads = new Map<string, number>();
  for await (const { file, header } of uploadsOf(core, tenant, { signal })) uploads.set(file, heldBy(header));
  let bytes = 0;
  let files = 0;
  for (const partition of filePartitions(core, tenant)) {
    for await (const item of itemsOf(core.catalog, partition, { signal })) {
      // A copy of a record in another shard is no file.
      if (filePartition(core, tenant, item.sort) !== partition) continue;
      try {
        const { metadata } = await openRecord(core, { tenant, file: item.sort }, item, { signal });
        bytes += metadata.size;
        files++;
        uploads.delete(item.sort);
      } catch (error) {
        // It was removed since.
        if (isSealroomError(error, 'not-found')) continue;
        // One that was changed is no file that anyone could read, or remove.
        if (!isSealroomError(error, 'damaged') && !isSealroomError(error, 'unsupported-version')) throw error;
      }
    }
  }
  for (const held of uploads.values()) {
    bytes += held;
    files++;
  }
  return { bytes, files };
}
