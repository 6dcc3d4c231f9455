/** What every door works with. */
import type { CallOptions } from '../ports.ts';
import { TENANTS } from '../vault/core.ts';
import type { Vault } from '../vault/vault.ts';
import { OPERATOR } from './roles.ts';

export interface AccessCore {
  readonly vault: Vault;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** True for `*` and for a tenant that was created. Tenants are never removed, so what was there stays. */
export async function hasTenant({ vault }: AccessCore, name: string, { signal }: CallOptions = {}): Promise<boolean> {
  return name === OPERATOR || (await vault.items.get(TENANTS, name, { signal })) !== undefined;
}

/** True from the millisecond on that `expires` names: it is the first in which a thing is not there any more. */
export function isOver(expires: string, now: number): boolean {
  // Written so that a time that is none is over.
  return !(Date.parse(expires) > now);
}

/** A time from now, as it is kept. */
export function timeAfter(now: number, milliseconds: number): string {
  return new Date(now + milliseconds).toISOString();
}
