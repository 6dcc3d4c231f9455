/** How somebody arrives at the page: fresh, or back from the identity provider. */
import { routeOf } from '../route.ts';
import { SignInError, redeemCode } from './code-flow.ts';
import type { Arrival } from './code-flow.ts';
import { findProvider } from './sign-in-options.ts';

/**
 * What came back from the provider; undefined for whoever was not sent there. To be called once: a code counts once.
 */
export function arrivalAt({ pathname, search }: Location): Promise<Arrival> | undefined {
  return routeOf(pathname).view === 'signed-in' ? arrive(search) : undefined;
}

async function arrive(search: string): Promise<Arrival> {
  // The code must not stand in the history, even though it is worth nothing any more.
  history.replaceState(null, '', '/signed-in');
  const provider = await findProvider();
  if (provider.state !== 'ready') throw new SignInError('failed');
  return redeemCode(provider.signIn, search);
}
