/** How much tenants hold, for whoever looks after them. */
import type { CallOptions } from '../ports.ts';
import { authenticItem } from './authentic-items.ts';
import type { VaultCore } from './core.ts';
import { checkTenantName } from './identifiers.ts';
import { decodeUsage } from './item-kinds.ts';
import type { Tenant, Usage } from './item-kinds.ts';
import { countFiles, readTenant, usagePlace } from './quota.ts';
import { listTenants } from './tenants.ts';

/** A tenant, and what it holds. */
export interface TenantStat extends Tenant {
  /** Null where it is not on record: without a quota, or before anyone needed to know since that was set. */
  readonly usage: Usage | null;
}

/** How many are asked for at once. */
const AT_ONCE = 20;

/** The tenants in order of their names, with what is on record of each; nothing is counted. */
export async function tenantStats(core: VaultCore, options: CallOptions = {}): Promise<TenantStat[]> {
  const tenants = await listTenants(core, options);
  const stats: TenantStat[] = [];
  for (let start = 0; start < tenants.length; start += AT_ONCE) {
    const some = tenants.slice(start, start + AT_ONCE);
    stats.push(...(await Promise.all(some.map((tenant) => withUsage(core, tenant, options)))));
  }
  return stats;
}

/**
 * One tenant, with what is on record of it.
 *
 * @throws SealroomError `no-tenant`
 */
export async function tenantStat(core: VaultCore, name: string, options: CallOptions = {}): Promise<TenantStat> {
  checkTenantName(name);
  const { tenant } = await readTenant(core, name, options);
  return withUsage(core, tenant, options);
}

/**
 * What a tenant holds: as it is on record, else counted, which reads every record of it and, while others write, is as
 * near as can be.
 *
 * @throws SealroomError `no-tenant`
 */
export async function tenantUsage(core: VaultCore, name: string, options: CallOptions = {}): Promise<Usage> {
  const { usage } = await tenantStat(core, name, options);
  return usage ?? countFiles(core, name, options);
}

async function withUsage(core: VaultCore, tenant: Tenant, options: CallOptions): Promise<TenantStat> {
  // Without a quota nobody keeps the record, should one be there.
  if (tenant.quota === null) return { ...tenant, usage: null };
  const { partition, sort } = usagePlace(tenant.name);
  const item = await authenticItem(core, partition, sort, options);
  return { ...tenant, usage: item === undefined ? null : decodeUsage(item.value) };
}
