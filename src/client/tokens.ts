/** Tokens, by way of a service. */
import type { NewToken, TokenInfo, TokenRequest, Tokens } from '../access/access.ts';
import { segment } from './address.ts';
import type { Requests } from './requests.ts';

/** `Tokens` by way of a service, which knows whose tenant is meant where none is named. */
export interface RemoteTokens extends Tokens {
  /** @param request.tenant the caller's own unless named; for an operator, `default` */
  create(request: Omit<TokenRequest, 'tenant'> & { readonly tenant?: string | undefined }): Promise<NewToken>;
}

export function remoteTokens(requests: Requests): RemoteTokens {
  return {
    create: ({ role, tenant, name, expires, signal }) =>
      requests.change<NewToken>('POST', '/v1/tokens', { json: { role, tenant, name, expires }, signal }, 'token'),
    list: async ({ tenant, signal } = {}) => {
      const options = { query: { tenant }, signal };
      const { tokens } = await requests.read<{ tokens: TokenInfo[] }>('/v1/tokens', options, 'tokens');
      return tokens;
    },
    revoke: async (id, { tenant, signal } = {}) =>
      requests.remove(`/v1/tokens/${segment(id)}`, { query: { tenant }, signal }),
  };
}
