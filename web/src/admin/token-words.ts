/** What tokens are called. */
import type { TokenInfo } from '../../../src/access/access.ts';
import { text } from '../text.ts';

export function tokenName({ id, name }: Pick<TokenInfo, 'id' | 'name'>): string {
  return name ?? text.admin.tokens.unnamed(id);
}

/** What whoever has it is. */
export function roleName({ role, tenant }: Pick<TokenInfo, 'role' | 'tenant'>): string {
  return (tenant === '*' ? text.admin.tokens.vaultRoles : text.admin.tokens.roles)[role];
}
