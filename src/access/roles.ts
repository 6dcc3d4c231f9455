/** Who may do what. */
import { SealroomError } from '../errors.ts';

/** Each may do what those before it may. */
export type Role = 'reader' | 'writer' | 'admin';

export const ROLES: readonly Role[] = ['reader', 'writer', 'admin'];

/** The tenant of an operator: the vault itself. */
export const OPERATOR = '*';

/** Whoever proved who he is. */
export interface Principal {
  /** What it is called in logs: the token's id, or how an identity provider's token was recognised. No secret. */
  readonly id: string;
  /** What it is called by people, for `createdBy` of files. */
  readonly name: string;
  /** One tenant, or `*`. */
  readonly tenant: string;
  readonly role: Role;
}

/**
 * What can be done, and the least role that may.
 *
 * - `read`: list, stat, get, verify, export; tickets for downloads of one's own
 * - `write`: put, update, remove
 * - `publish`: links, which let others read
 * - `administer`: tokens of one's tenant, and which wrapping keys its files depend on
 * - `operate`: tenants, journal, sweeps, tokens of `*`; for the operator only
 * - `observe`: metrics; for whoever is of `*`
 */
export type Action = 'read' | 'write' | 'publish' | 'administer' | 'operate' | 'observe';

const needs: Readonly<Record<Action, { readonly role: Role; readonly operator: boolean }>> = {
  read: { role: 'reader', operator: false },
  write: { role: 'writer', operator: false },
  publish: { role: 'writer', operator: false },
  administer: { role: 'admin', operator: false },
  operate: { role: 'admin', operator: true },
  observe: { role: 'reader', operator: true },
};

export function may({ tenant, role }: Pick<Principal, 'tenant' | 'role'>, action: Action): boolean {
  const need = needs[action];
  return ROLES.indexOf(role) >= ROLES.indexOf(need.role) && (tenant === OPERATOR || !need.operator);
}

/** @throws SealroomError `permission` */
export function checkMay(principal: Principal, action: Action): void {
  if (may(principal, action)) return;
  const { role, operator } = needs[action];
  throw new SealroomError(
    'permission',
    `this needs the role ${role}${operator ? ` in ${OPERATOR}` : ''}, and the token has ${principal.role} in ${principal.tenant}`,
  );
}

/**
 * The tenant that a request works on: the principal's own, or, for one of `*`, the one that he names.
 *
 * @throws SealroomError `permission`, the same whether the other tenant exists or not
 */
export function tenantFor(principal: Principal, named: string | undefined, otherwise: string): string {
  if (principal.tenant === OPERATOR) return named ?? otherwise;
  if (named === undefined || named === principal.tenant) return principal.tenant;
  throw new SealroomError('permission', `the token is for tenant ${principal.tenant}, and for no other`);
}
