/** `tenant`: the partitions of a vault, and how much each may hold. */
import type { Quota } from '../../vault/item-kinds.ts';
import { usage } from '../arguments.ts';
import { openVerbs } from '../open.ts';
import type { Session } from '../session.ts';

export interface TenantCreateArguments {
  readonly quotaBytes?: number;
  readonly quotaFiles?: number;
}

export async function createTenant(session: Session, name: string, options: TenantCreateArguments): Promise<void> {
  const quota = quotaOf(options.quotaBytes, options.quotaFiles);
  await using opened = await openVerbs(session);
  const tenant = await opened.vault.createTenant(name, { quota, signal: session.signal });
  if (session.terminal.json) await session.terminal.printJson(tenant);
}

export interface TenantQuotaArguments {
  readonly bytes?: number;
  readonly files?: number;
  readonly off?: boolean;
}

export async function setQuota(session: Session, name: string, options: TenantQuotaArguments): Promise<void> {
  const quota = quotaOf(options.bytes, options.files);
  if ((options.off === true) === (quota !== null)) throw usage('tenant quota takes --bytes, --files or both, or --off');
  await using opened = await openVerbs(session);
  const tenant = await opened.vault.setQuota(name, quota, { signal: session.signal });
  if (session.terminal.json) await session.terminal.printJson(tenant);
}

/** What is not named has no limit. */
function quotaOf(bytes: number | undefined, files: number | undefined): Quota | null {
  return bytes === undefined && files === undefined ? null : { bytes: bytes ?? null, files: files ?? null };
}

export async function listTenants(session: Session): Promise<void> {
  const { terminal, signal } = session;
  await using opened = await openVerbs(session);
  const tenants = await opened.vault.tenants({ signal });
  if (terminal.json) await terminal.printJson({ tenants });
  else await terminal.print(...tenants.map(({ name }) => name));
}
