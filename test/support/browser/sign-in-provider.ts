/** An identity provider where people sign in: the code flow of OpenID Connect with PKCE, held to what it asks. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { text as textOf } from 'node:stream/consumers';
import { Provider, signed, signingKey } from '../../access/provider.ts';
import type { SigningKey } from '../../access/provider.ts';

export const CLIENT_ID = 'the-page';
export const AUDIENCE = 'https://sealroom.example';

interface Granted {
  readonly challenge: string;
  readonly nonce: string;
  readonly redirectUri: string;
}

export interface Person {
  readonly sub: string;
  readonly tenant: string;
  readonly role: string;
}

export class SignInProvider implements AsyncDisposable {
  /** Who signs in; nobody is let in while it is undefined. */
  person: Person | undefined;
  /** In place of the nonce that was asked with. */
  nonce: string | undefined;
  readonly #provider: Provider;
  readonly #key: SigningKey;
  readonly #codes = new Map<string, Granted>();

  private constructor(provider: Provider, key: SigningKey) {
    this.#provider = provider;
    this.#key = key;
    provider.keys = [key.jwk];
    provider.discovery = {
      authorization_endpoint: `${provider.issuer}/authorize`,
      token_endpoint: `${provider.issuer}/token`,
    };
    provider.pages.set('/realm/authorize', (response, request) => {
      try {
        const location = this.#authorize(new URL(request.url!, provider.issuer).searchParams);
        response.writeHead(302, { location }).end();
      } catch (error) {
        response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error));
      }
    });
    provider.pages.set('/realm/token', async (response, request) => {
      const answer = await this.#exchange(new URLSearchParams(await textOf(request)));
      response.writeHead(answer === undefined ? 400 : 200, {
        'content-type': 'application/json',
        'access-control-allow-origin': '*',
      });
      response.end(JSON.stringify(answer ?? { error: 'invalid_grant' }));
    });
  }

  static async start(): Promise<SignInProvider> {
    return new SignInProvider(await Provider.start(), await signingKey('ES256', 'k1'));
  }

  get issuer(): string {
    return this.#provider.issuer;
  }

  /** For `http.oidc` of the service. */
  get configuration(): object {
    return { issuer: this.#provider.issuer, audience: AUDIENCE, clientId: CLIENT_ID };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#provider[Symbol.asyncDispose]();
  }

  /** Where somebody is sent back to. */
  #authorize(asked: URLSearchParams): string {
    const given = (name: string): string => asked.get(name) ?? assert.fail(`the page asked without ${name}`);
    assert.equal(given('response_type'), 'code');
    assert.equal(given('client_id'), CLIENT_ID);
    assert.equal(given('code_challenge_method'), 'S256');
    assert.ok(given('scope').split(' ').includes('openid'));
    const back = new URL(given('redirect_uri'));
    back.searchParams.set('state', given('state'));
    if (this.person === undefined) {
      back.searchParams.set('error', 'access_denied');
      return back.href;
    }
    const code = `code-${this.#codes.size}`;
    this.#codes.set(code, {
      challenge: given('code_challenge'),
      nonce: given('nonce'),
      redirectUri: given('redirect_uri'),
    });
    back.searchParams.set('code', code);
    back.searchParams.set('iss', this.#provider.issuer);
    return back.href;
  }

  async #exchange(asked: URLSearchParams): Promise<object | undefined> {
    const code = asked.get('code') ?? '';
    const granted = this.#codes.get(code);
    this.#codes.delete(code);
    if (granted === undefined || this.person === undefined) return undefined;
    const challenge = createHash('sha256')
      .update(asked.get('code_verifier') ?? '')
      .digest('base64url');
    const fits = challenge === granted.challenge && asked.get('redirect_uri') === granted.redirectUri;
    if (!fits || asked.get('client_id') !== CLIENT_ID) return undefined;
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.#provider.issuer, iat: now, exp: now + 300, ...this.person };
    const nonce = this.nonce ?? granted.nonce;
    return {
      token_type: 'Bearer',
      access_token: await signed(this.#key, { ...claims, aud: AUDIENCE }, {}),
      id_token: await signed(this.#key, { ...claims, aud: CLIENT_ID, nonce }, { typ: 'JWT' }),
    };
  }
}
