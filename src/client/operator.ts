/** What only an operator may do, by way of a service: tenants, quotas, sweeps. */
import type { VaultVerbs } from '../access/access.ts';
import { SealroomError } from '../errors.ts';
import type { Tenant } from '../vault/item-kinds.ts';
import type { SweepReport } from '../vault/sweep.ts';
import { segment } from './address.ts';
import { isErrorCode } from './failures.ts';
import type { Requests } from './requests.ts';

type OperatorVerbs = Pick<VaultVerbs, 'createTenant' | 'tenants' | 'setQuota' | 'sweep'>;

/** A report as it is sent. */
interface SentReport extends Omit<SweepReport, 'failed'> {
  readonly failed: readonly { readonly code: string; readonly message: string }[];
}

export function operatorVerbs(requests: Requests): OperatorVerbs {
  return {
    createTenant: (name, { quota, signal } = {}) =>
      requests.change<Tenant>('POST', '/v1/tenants', { json: { name, quota: quota ?? undefined }, signal }, 'quota'),
    tenants: async ({ signal } = {}) => {
      const { tenants } = await requests.read<{ tenants: Tenant[] }>('/v1/tenants', { signal }, 'tenants');
      return tenants;
    },
    setQuota: async (name, quota, { signal } = {}) =>
      requests.change<Tenant>('PATCH', `/v1/tenants/${segment(name)}`, { json: { quota }, signal }, 'quota'),
    sweep: async ({ grace, signal } = {}) => {
      const json = grace === undefined ? {} : { grace: grace / 1000 };
      const report = await requests.change<SentReport>('POST', '/v1/sweeps', { json, signal }, 'failed');
      return { ...report, failed: report.failed.map(asError) };
    },
  };
}

function asError({ code, message }: SentReport['failed'][number]): SealroomError {
  return new SealroomError(isErrorCode(code) ? code : 'unexpected', message);
}
