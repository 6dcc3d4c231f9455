/** An identity provider on this machine, whose keys, answers and faults a test chooses. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey, JWK } from 'jose';

export interface SigningKey {
  readonly privateKey: CryptoKey;
  /** The public half, with `kid` and `alg`. */
  readonly jwk: JWK;
  readonly alg: string;
}

export async function signingKey(alg: string, kid: string): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, alg, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

type Answer = (response: ServerResponse, request: IncomingMessage) => unknown;

export class Provider implements AsyncDisposable {
  /** What `/keys` publishes. */
  keys: JWK[] = [];
  /** Changes of the discovery document. */
  discovery: Record<string, unknown> = {};
  /** What is answered in place of the truth, while it is set. */
  answer: Answer | undefined;
  /** More that it answers, by path. */
  readonly pages: Map<string, Answer> = new Map();
  /** Paths that were asked for, in order. */
  readonly asked: string[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#respond(request, response));
  }

  static async start(): Promise<Provider> {
    const provider = new Provider();
    provider.#server.listen(0, '127.0.0.1');
    await once(provider.#server, 'listening');
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/realm`;
  }

  /** How often the keys were asked for. */
  get keysAsked(): number {
    return this.asked.filter((path) => path === '/realm/keys').length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #respond(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push(request.url!);
    const page = this.answer ?? this.pages.get(request.url!.split('?', 1)[0]!);
    if (page !== undefined) return void page(response, request);
    const documents: Readonly<Record<string, unknown>> = {
      '/realm/.well-known/openid-configuration': {
        issuer: this.issuer,
        jwks_uri: `${this.issuer}/keys`,
        ...this.discovery,
      },
      '/realm/keys': { keys: this.keys },
    };
    const document = documents[request.url!];
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ?? {}));
  }
}

/** A token, with what its header says beside `alg` and `kid`. */
export function signed(
  key: SigningKey,
  payload: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { alg, privateKey } = key;
  return new SignJWT(payload)
    .setProtectedHeader({ alg, ...(key.jwk.kid === undefined ? {} : { kid: key.jwk.kid }), typ: 'at+jwt', ...header })
    .sign(privateKey);
}
