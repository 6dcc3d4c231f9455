/** A network that breaks where a test says. */
import assert from 'node:assert/strict';
import { networkError } from './scripted-fetch.ts';

/** Before the service hears of a request, behind so many bytes of its body, or when its answer is on the way. */
export type Break = 'before' | 'after' | { readonly behind: number };

/** A request that was sent, as far as it came. */
export interface Passed {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly broke: Break | undefined;
}

/** Sends requests by the real network, and breaks those that it is told to. */
export class BreakingFetch {
  readonly passed: Passed[] = [];
  readonly #breakOf: (request: { readonly method: string; readonly index: number }) => Break | undefined;

  /** @param breakOf is asked of each request, with how many there were before */
  constructor(breakOf: (request: { readonly method: string; readonly index: number }) => Break | undefined) {
    this.#breakOf = breakOf;
  }

  readonly fetch: typeof fetch = async (input, init = {}) => {
    assert.ok(typeof input === 'string');
    const method = init.method ?? 'GET';
    const broke = this.#breakOf({ method, index: this.passed.length });
    const headers = new Headers(init.headers);
    this.passed.push({ method, path: new URL(input).pathname, headers, broke });
    if (broke === 'before') throw networkError('ECONNREFUSED');
    if (broke === undefined) return fetch(input, init);
    if (broke === 'after') {
      await (await fetch(input, init)).arrayBuffer();
      throw networkError('ECONNRESET');
    }
    return fetch(input, { ...init, ...brokenBody(init.body, broke.behind, headers) });
  };
}

/** A body that fails behind so many bytes: the connection then breaks. One that is shorter passes. */
function brokenBody(body: RequestInit['body'], behind: number, headers: Headers): RequestInit {
  if (!(body instanceof Blob || body instanceof ReadableStream)) return {};
  if (body instanceof Blob) headers.set('content-length', String(body.size));
  let passed = 0;
  const breaker = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      const room = behind - passed;
      if (room > 0) controller.enqueue(chunk.subarray(0, room));
      passed += chunk.length;
      if (passed > behind) controller.error(new Error('the line was cut'));
    },
  });
  const stream = body instanceof Blob ? body.stream() : (body as ReadableStream<Uint8Array>);
  return { body: stream.pipeThrough(breaker), duplex: 'half', headers };
}
