/** What looking after a vault takes, by way of a service: tenants, quotas, keys, journal, sweeps. */
import type { VaultVerbs } from '../access/access.ts';
import { SealroomError } from '../errors.ts';
import type { Tenant, Usage } from '../vault/item-kinds.ts';
import type { EntryCounts, JournalSummary } from '../vault/journal-summary.ts';
import type { KeyCounts } from '../vault/key-counts.ts';
import type { SweepReport } from '../vault/sweep.ts';
import type { TenantStat } from '../vault/tenant-stats.ts';
import type { Vault } from '../vault/vault.ts';
import { segment } from './address.ts';
import { isErrorCode } from './failures.ts';
import type { Requests } from './requests.ts';

/** What there is to see. Key counts are for the admin of a tenant, too; all else is for the operator. */
export type OverviewVerbs = Pick<Vault, 'tenantStats' | 'usage' | 'countKeys' | 'journal'>;

type OperatorVerbs = Pick<VaultVerbs, 'createTenant' | 'tenants' | 'setQuota' | 'sweep'> & OverviewVerbs;

/** A report as it is sent. */
interface SentReport extends Omit<SweepReport, 'failed'> {
  readonly failed: readonly { readonly code: string; readonly message: string }[];
}

export function operatorVerbs(requests: Requests): OperatorVerbs {
  const tenantStats: OverviewVerbs['tenantStats'] = async ({ signal } = {}) =>
    (await requests.read<{ tenants: TenantStat[] }>('/v1/tenants', { signal }, 'tenants')).tenants;
  return {
    createTenant: (name, { quota, signal } = {}) =>
      requests.change<Tenant>('POST', '/v1/tenants', { json: { name, quota: quota ?? undefined }, signal }, 'quota'),
    tenants: async (options) =>
      (await tenantStats(options)).map(({ name, createdAt, quota }) => ({ name, createdAt, quota })),
    tenantStats,
    usage: async (name, { signal } = {}) =>
      requests.read<Usage>(`/v1/tenants/${segment(name)}/usage`, { signal }, 'bytes'),
    setQuota: async (name, quota, { signal } = {}) =>
      requests.change<Tenant>('PATCH', `/v1/tenants/${segment(name)}`, { json: { quota }, signal }, 'quota'),
    countKeys: (tenant, { signal } = {}) => requests.read<KeyCounts>('/v1/keys', { tenant, signal }, 'keys'),
    journal: async ({ signal } = {}) => {
      const { writing, removing, grace } = await requests.read<JournalSummary>('/v1/journal', { signal }, 'writing');
      return { writing: inMilliseconds(writing), removing: inMilliseconds(removing), grace: grace * 1000 };
    },
    sweep: async ({ grace, signal } = {}) => {
      const json = grace === undefined ? {} : { grace: grace / 1000 };
      const report = await requests.change<SentReport>('POST', '/v1/sweeps', { json, signal }, 'failed');
      return { ...report, failed: report.failed.map(asError) };
    },
  };
}

function inMilliseconds({ oldest, ...counts }: EntryCounts): EntryCounts {
  return { ...counts, oldest: oldest === null ? null : Math.round(oldest * 1000) };
}

function asError({ code, message }: SentReport['failed'][number]): SealroomError {
  return new SealroomError(isErrorCode(code) ? code : 'unexpected', message);
}
