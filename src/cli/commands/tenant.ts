/** `tenant`: the partitions of a vault. */
import { openSessionVault } from '../open.ts';
import type { Session } from '../session.ts';

export async function createTenant(session: Session, name: string): Promise<void> {
  await using opened = await openSessionVault(session);
  const tenant = await opened.vault.createTenant(name, { signal: session.signal });
  if (session.terminal.json) await session.terminal.printJson(tenant);
}

export async function listTenants(session: Session): Promise<void> {
  const { terminal, signal } = session;
  await using opened = await openSessionVault(session);
  const tenants = await opened.vault.tenants({ signal });
  if (terminal.json) await terminal.printJson({ tenants });
  else await terminal.print(...tenants.map(({ name }) => name));
}
