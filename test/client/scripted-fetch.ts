/** A network of which every answer is written down. */
import assert from 'node:assert/strict';
import { connect } from '../../src/client/connect.ts';
import type { Client, ConnectOptions } from '../../src/client/connect.ts';
import type { ErrorCode } from '../../src/errors.ts';

/** A request as `fetch` was given it. */
export interface Sent {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Headers;
  readonly init: RequestInit;
}

/** An answer, or what the network does in place of one. */
export type Reply = Response | Error | ((sent: Sent) => Response | Promise<Response>);

/** Answers requests one after the other; one that was not foreseen fails the test that sent it. */
export class ScriptedFetch {
  readonly sent: Sent[] = [];
  readonly #replies: Reply[];

  constructor(...replies: Reply[]) {
    this.#replies = replies;
  }

  readonly fetch: typeof fetch = async (input, init = {}) => {
    assert.ok(typeof input === 'string');
    const url = new URL(input);
    const sent = {
      method: init.method ?? 'GET',
      path: url.pathname + url.search,
      headers: new Headers(init.headers),
      init,
    };
    this.sent.push(sent);
    const reply = this.#replies.shift();
    assert.ok(reply !== undefined, `${sent.method} ${sent.path} was not foreseen`);
    if (reply instanceof Error) throw reply;
    return reply instanceof Response ? reply : reply(sent);
  };

  get left(): number {
    return this.#replies.length;
  }
}

/** A secret that must appear nowhere. */
export const TOKEN = 'sr_abcdefghijklmnop_THIS-MUST-NOT-BE-SEEN';

/** A client on a scripted network. */
export function scriptedClient(
  replies: readonly Reply[],
  options: Partial<ConnectOptions> = {},
): { readonly client: Client; readonly network: ScriptedFetch } {
  const network = new ScriptedFetch(...replies);
  const client = connect({
    url: 'https://files.example.org',
    token: TOKEN,
    fetch: network.fetch,
    retryDelay: 0,
    ...options,
  });
  return { client, network };
}

export function json(value: unknown, init: ResponseInit = {}): Response {
  return Response.json(value, init);
}

/** An answer of the service that reports an error. */
export function problem(
  status: number,
  code: ErrorCode | 'no-such-code',
  headers: Readonly<Record<string, string>> = {},
): Response {
  const detail = `it is ${code}`;
  return new Response(JSON.stringify({ type: 'about:blank', title: 'x', status, detail, code, requestId: 'r-1' }), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
}

/** What `fetch` throws when nobody answers. */
export function networkError(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(`connect ${code}`), { code }) });
}

/** A stat of a file, as far as a client looks at it. */
export function statOf(size: number): Readonly<Record<string, unknown>> {
  return { id: 'f', name: 'n', size, version: 'v1' };
}
