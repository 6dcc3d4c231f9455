/**
 * Signing in by way of an identity provider: OpenID Connect's code flow, with PKCE (RFC 7636). The page is a public
 * client: it has no secret, so what comes back counts only in the tab that asked, and only once.
 */
import type { SignIn } from '../../../src/access/sign-in.ts';
import { checkIdToken } from './id-token.ts';

/** What this tab waits for. */
interface Asked {
  /** Ties the answer to this tab (RFC 6749, 10.12). */
  readonly state: string;
  /** Ties the ID token to this request (OpenID Connect Core, 3.1.2.1). */
  readonly nonce: string;
  /** Makes the code worthless to whoever sees it on the way. */
  readonly verifier: string;
  /** Where somebody was going. */
  readonly path: string;
}

export interface Arrival {
  readonly token: string;
  readonly path: string;
}

/** Why nobody is signed in: the provider said no, or what came back is not what was asked for. */
export class SignInError extends Error {
  readonly reason: 'denied' | 'not-asked-for' | 'failed' | 'insecure';

  constructor(reason: SignInError['reason'], options?: ErrorOptions) {
    super(`signing in by the identity provider: ${reason}`, options);
    this.reason = reason;
  }
}

const ASKED = 'sealroom.asked';

/** Where the provider sends people back to; it must know the address. */
function returnAddress(): string {
  return `${location.origin}/signed-in`;
}

/**
 * The address at the provider where people sign in. What the answer is held against is kept in this tab.
 *
 * @throws SignInError `insecure` where the browser has no cryptography for the page: one that came by plain HTTP
 */
export async function askForCode({ authorizationEndpoint, clientId, scope }: SignIn, path: string): Promise<string> {
  if (!isSecureContext) throw new SignInError('insecure');
  const asked: Asked = { state: randomText(), nonce: randomText(), verifier: randomText(), path };
  const challenge = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(asked.verifier));
  sessionStorage.setItem(ASKED, JSON.stringify(asked));
  const address = new URL(authorizationEndpoint);
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: returnAddress(),
    scope,
    state: asked.state,
    nonce: asked.nonce,
    code_challenge: base64url(new Uint8Array(challenge)),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  return address.href;
}

/**
 * Exchanges the code that the provider sent somebody back with for an access token.
 *
 * @param search the query of the address that the provider led to
 * @throws SignInError
 */
export async function redeemCode(signIn: SignIn, search: string): Promise<Arrival> {
  const asked = takeAsked();
  const answer = new URLSearchParams(search);
  // First: whatever else is in an answer that nobody asked for is of no interest.
  if (asked === undefined || answer.get('state') !== asked.state) throw new SignInError('not-asked-for');
  // RFC 9207: a code of another provider must not go to this one.
  const issuer = answer.get('iss');
  if (issuer !== null && issuer !== signIn.issuer) throw new SignInError('not-asked-for');
  const code = answer.get('code');
  if (code === null) throw new SignInError(answer.get('error') === 'access_denied' ? 'denied' : 'failed');
  const { accessToken, idToken } = await exchange(signIn, { code, verifier: asked.verifier });
  if (!checkIdToken(idToken, { ...signIn, nonce: asked.nonce, now: Date.now() })) {
    throw new SignInError('not-asked-for');
  }
  return { token: accessToken, path: asked.path };
}

async function exchange(
  { tokenEndpoint, clientId }: SignIn,
  { code, verifier }: { readonly code: string; readonly verifier: string },
): Promise<{ readonly accessToken: string; readonly idToken: string }> {
  let answer: Readonly<Record<string, unknown>>;
  try {
    const response = await fetch(tokenEndpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: returnAddress(),
        client_id: clientId,
        code_verifier: verifier,
      }),
      headers: { accept: 'application/json' },
      credentials: 'omit',
      cache: 'no-store',
      // It would lead the code elsewhere.
      redirect: 'error',
    });
    if (!response.ok) throw new Error(`the token endpoint answered ${response.status}`);
    answer = (await response.json()) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new SignInError('failed', { cause });
  }
  const { access_token: accessToken, id_token: idToken, token_type: type } = answer;
  if (typeof accessToken !== 'string' || typeof idToken !== 'string' || !/^bearer$/i.test(String(type))) {
    throw new SignInError('failed');
  }
  return { accessToken, idToken };
}

/** What was asked for, once: a second answer finds nothing. */
function takeAsked(): Asked | undefined {
  const kept = sessionStorage.getItem(ASKED);
  sessionStorage.removeItem(ASKED);
  return kept === null ? undefined : (JSON.parse(kept) as Asked);
}

/** 256 bits. */
function randomText(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}
