/** ID tokens (OpenID Connect Core, 3.1.3.7). */

export interface IdTokenExpectations {
  readonly issuer: string;
  readonly clientId: string;
  readonly nonce: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Seconds by which the provider's clock may differ from the browser's. */
const CLOCK_TOLERANCE = 60;

/**
 * Whether an ID token answers the request that was made. It came from the token endpoint itself, by TLS, which stands for
 * its signature (3.1.3.7, 6); who somebody is, the service reads from the access token, and verifies.
 */
export function checkIdToken(token: string, { issuer, clientId, nonce, now }: IdTokenExpectations): boolean {
  const claims = claimsOf(token);
  if (claims === undefined) return false;
  const { iss, aud, azp, exp, nonce: given } = claims;
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return (
    iss === issuer &&
    audiences.includes(clientId) &&
    (azp === undefined ? audiences.length === 1 : azp === clientId) &&
    typeof exp === 'number' &&
    exp + CLOCK_TOLERANCE > now / 1000 &&
    given === nonce
  );
}

/** Undefined for what is no token. */
function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const [, payload, signature, ...more] = token.split('.');
  if (payload === undefined || signature === undefined || more.length > 0) return undefined;
  try {
    const text = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof claims === 'object' && claims !== null ? { ...claims } : undefined;
  } catch {
    return undefined;
  }
}
