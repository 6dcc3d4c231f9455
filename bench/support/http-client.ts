/** One client of the service, over a connection of its own; it can be rude. */
import { Agent, request } from 'node:http';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { json, text } from 'node:stream/consumers';
import { writeLent } from './streams.ts';

export interface ClientOptions {
  readonly url: string;
  readonly token: string;
  /** Ends whatever is under way. */
  readonly signal?: AbortSignal | undefined;
}

export class HttpClient implements Disposable {
  readonly #options: ClientOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * Uploads a file and returns its id.
   *
   * @param length what `Content-Length` says; chunked unless given
   */
  async upload(chunks: Iterable<Uint8Array>, length?: number): Promise<string> {
    const sent = this.#request('POST', '/v1/files?name=crowd', lengthHeader(length));
    // Where the server refuses, it may read no further: its answer then says more than that writing failed.
    const writing = writeLent(sent, each(chunks)).catch(() => undefined);
    const response = await this.#answer(sent, 201);
    const stat = await json(response);
    await writing;
    if (typeof stat === 'object' && stat !== null && 'id' in stat && typeof stat.id === 'string') return stat.id;
    throw new Error('an upload was answered without an id');
  }

  /** Begins an upload, sends these chunks of it and hangs up; the server has read some of them, or none. */
  async hangUpUpload(chunks: Iterable<Uint8Array>, length?: number): Promise<void> {
    const sent = this.#request('POST', '/v1/files?name=crowd', lengthHeader(length));
    let early: number | undefined;
    sent.once('response', (response) => void (early = response.resume().statusCode));
    sent.flushHeaders();
    for (const chunk of chunks) {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      sent.write(chunk, resolve);
      await promise;
    }
    const closed = new Promise((resolve) => void sent.once('close', resolve));
    sent.destroy();
    await closed;
    if (early !== undefined) throw new Error(`answered with ${early} before it was there`);
  }

  /** The bytes of a file; whoever stops reading them hangs up. */
  async download(id: string, range?: { readonly start: number; readonly end: number }): Promise<IncomingMessage> {
    const headers = range === undefined ? {} : { range: `bytes=${range.start}-${range.end - 1}` };
    const sent = this.#request('GET', `/v1/files/${id}/content`, headers);
    sent.end();
    return this.#answer(sent, range === undefined ? 200 : 206);
  }

  async remove(id: string): Promise<void> {
    const sent = this.#request('DELETE', `/v1/files/${id}`);
    sent.end();
    await text(await this.#answer(sent, 204));
  }

  async metrics(): Promise<string> {
    const sent = this.#request('GET', '/metrics');
    sent.end();
    return text(await this.#answer(sent, 200));
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #request(method: string, path: string, headers: OutgoingHttpHeaders = {}): ClientRequest {
    const { url, token, signal } = this.#options;
    const sent = request(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      agent: this.#agent,
      ...(signal && { signal }),
    });
    // Once it is answered, or given up, nobody waits for what else becomes of it.
    return sent.on('error', () => undefined);
  }

  async #answer(sent: ClientRequest, expected: number): Promise<IncomingMessage> {
    const response = await responseOf(sent);
    if (response.statusCode === expected) return response;
    throw new Error(`answered with ${response.statusCode}: ${await text(response)}`);
  }
}

async function responseOf(sent: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  sent.once('response', resolve).once('error', reject);
  return promise;
}

function lengthHeader(length: number | undefined): OutgoingHttpHeaders {
  return length === undefined ? {} : { 'content-length': length };
}

async function* each(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}
