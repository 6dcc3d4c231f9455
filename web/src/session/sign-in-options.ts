/** Which ways to sign in the service has, beside a token. */
import type { SignIn } from '../../../src/access/sign-in.ts';

export type Provider =
  | { readonly state: 'none' }
  | { readonly state: 'ready'; readonly signIn: SignIn }
  /** There is one, and it cannot be asked at present. */
  | { readonly state: 'unavailable' };

/** Never rejects: a token serves without a provider, too. */
export async function findProvider(signal?: AbortSignal): Promise<Provider> {
  try {
    const response = await fetch('/page.json', signal === undefined ? {} : { signal });
    if (!response.ok) return { state: 'unavailable' };
    const { oidc } = (await response.json()) as { readonly oidc?: SignIn };
    return oidc === undefined ? { state: 'none' } : { state: 'ready', signIn: oidc };
  } catch {
    return { state: 'unavailable' };
  }
}
