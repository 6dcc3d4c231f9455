/** What an identity provider says of itself (OpenID Connect Discovery 1.0, section 4). */
import type { JsonObject } from '../vault/encoding.ts';
import { fetchObject, isSafeAddress, providerFailed } from './provider.ts';
import type { ProviderRequests } from './provider.ts';

/** Fetches the provider's discovery document. @throws SealroomError `unavailable` */
export async function discover(issuer: string, requests: ProviderRequests): Promise<JsonObject> {
  const document = await fetchObject(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, requests);
  // Section 4.3: whoever speaks for another issuer speaks for none.
  if (document.string('issuer') !== issuer) throw providerFailed('its discovery document is of another issuer');
  return document;
}

/** An address that the document names. @throws SealroomError `unavailable` for one that anybody could answer for */
export function addressIn(document: JsonObject, name: string): string {
  const found = document.string(name);
  if (!isSafeAddress(found)) throw providerFailed(`its ${name} is neither https nor on this machine`);
  return found;
}
