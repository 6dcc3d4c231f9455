/** Tenants: partitions of a vault with files and a catalog key of their own. */
import { SealroomError, isSealroomError } from '../errors.ts';
import type { CallOptions, Item, WriteOperation } from '../ports.ts';
import { TENANTS, checkWritable } from './core.ts';
import type { VaultCore } from './core.ts';
import { checkTenantName, randomVersion } from './identifiers.ts';
import { itemsOf } from './items.ts';
import { makeCatalogKey } from './keys.ts';
import { decodeTenant, encodeTenant } from './item-kinds.ts';
import { decodeItem, encodeItem } from './items.ts';
import type { Quota, Tenant } from './item-kinds.ts';
import type { ItemKey } from './items.ts';
import { checkedQuota } from './quota.ts';
import { writeKnown } from './write.ts';

/** The tenant that every vault has from the start. */
export const DEFAULT_TENANT = 'default';

/**
 * Makes a tenant and its catalog key in one write that expects neither to exist.
 *
 * @throws SealroomError `exists`
 */
export async function createTenant(
  core: VaultCore,
  name: string,
  { quota = null, signal }: CallOptions & { readonly quota?: Quota | null | undefined } = {},
): Promise<Tenant> {
  checkWritable(core);
  checkTenantName(name);
  const asked = checkedQuota(quota);
  using itemKeys = await core.keys.itemKeys({ signal });
  const tenant = { name, createdAt: new Date(core.now()).toISOString(), quota: asked };
  using made = await makeCatalogKey(core.keyring, { vault: core.id, owner: name, signal });
  const items = [tenantItem(core.id, tenant, itemKeys.current), made.item(itemKeys.current)];
  try {
    await writeKnown(core.catalog, items.map(absentPut), { signal });
  } catch (error) {
    if (!isSealroomError(error, 'conflict')) throw error;
    throw new SealroomError('exists', `tenant ${name} exists already`, { cause: error });
  }
  return tenant;
}

/** The tenants, in order of their names. */
export async function listTenants(core: VaultCore, { signal }: CallOptions = {}): Promise<Tenant[]> {
  using itemKeys = await core.keys.itemKeys({ signal });
  const tenants: Tenant[] = [];
  for await (const { partition, sort, data } of itemsOf(core.catalog, TENANTS, { signal })) {
    const json = decodeItem(data, { vault: core.id, partition, sort }, itemKeys.byVersion);
    if (json !== undefined) tenants.push(decodeTenant(sort, json));
  }
  return tenants;
}

export function tenantItem(vault: string, tenant: Tenant, itemKey: ItemKey): Item {
  const place = { vault, partition: TENANTS, sort: tenant.name };
  const data = encodeItem(encodeTenant(tenant), place, itemKey);
  return { partition: place.partition, sort: place.sort, version: randomVersion(), data };
}

/** Puts an item where none is. */
export function absentPut(item: Item): WriteOperation {
  return { type: 'put', item, expect: null };
}
