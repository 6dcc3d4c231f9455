/**
 * A proxy in front of a server of AWS's protocols that breaks the calls it is told to break. Bodies stream through it.
 * The `Host` header is passed on as it came, so that signatures hold.
 */
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { operationOf } from './operation.ts';
import { respondS3Error } from './s3-error.ts';
import { closeAtOnce, endpointOf } from '../loopback.ts';

/** How one request goes wrong. */
export type ProxyFault =
  /** Answers so; the server never hears of it. */
  | { readonly kind: 'refuse'; readonly status: number; readonly code: string }
  /** The server does it; the connection is cut before its answer. */
  | { readonly kind: 'lose-answer' }
  /** The server does it; the answer says that it failed. */
  | { readonly kind: 'fail-after'; readonly status: number; readonly code: string }
  /** Passes on so many bytes of the body, then cuts both sides. */
  | { readonly kind: 'cut-request'; readonly bytes: number }
  /** Gives so many bytes of the answer's body, then cuts. */
  | { readonly kind: 'cut-answer'; readonly bytes: number }
  /** Is silent for so long, before it takes the body or after so many bytes of the answer's body; then goes on. */
  | { readonly kind: 'stall'; readonly milliseconds: number; readonly answered?: number };

export interface ProxiedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Such as `UploadPart`, `PutItem` or `Decrypt`. */
  readonly operation: string;
  readonly headers: IncomingHttpHeaders;
}

/** Listens on a free port of this machine. Disposing it cuts what is under way. */
export class FaultyProxy implements AsyncDisposable {
  readonly endpoint: string;
  /** In the order of their arrival. */
  readonly requests: ProxiedRequest[] = [];
  /** Asked at the arrival of each request, with its index in `requests`. */
  fault: ((request: ProxiedRequest, index: number) => ProxyFault | undefined) | undefined;
  /** Requests that have not been answered to the end, and whose client has not gone. */
  underWay = 0;
  readonly #server: Server;
  readonly #target: URL;
  readonly #closing = new AbortController();

  private constructor(server: Server, { endpoint, target }: { readonly endpoint: string; readonly target: string }) {
    this.endpoint = endpoint;
    this.#server = server;
    this.#target = new URL(target);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request;
      this.underWay++;
      response.once('close', () => this.underWay--);
      // Whoever asks sees a connection that breaks, which is what happened.
      this.#serve(request, response).catch(() => socket.destroy());
    });
  }

  /** @param target address of the server, such as `http://127.0.0.1:5000` */
  static async start(target: string): Promise<FaultyProxy> {
    const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 });
    return new FaultyProxy(server, { endpoint: await endpointOf(server), target });
  }

  /** How many requests of one operation came. */
  count(operation: string): number {
    return this.requests.filter((request) => request.operation === operation).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await closeAtOnce(this.#server);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const proxied = { method, path, operation: operationOf(request), headers };
    const index = this.requests.push(proxied) - 1;
    const fault = this.fault?.(proxied, index);
    if (fault?.kind === 'refuse') {
      // Taken to its end first, or the client would see a broken connection in place of the answer.
      for await (const _ of request);
      return answerError(request, response, fault);
    }
    if (fault?.kind === 'stall' && fault.answered === undefined) await this.#silence(fault.milliseconds, request);
    const answer = await this.#forward(request, fault?.kind === 'cut-request' ? fault.bytes : undefined);
    if (fault?.kind === 'lose-answer' || fault?.kind === 'fail-after') {
      await buffer(answer);
      if (fault.kind === 'fail-after') answerError(request, response, fault);
      else request.socket.destroy();
      return;
    }
    response.writeHead(answer.statusCode!, withoutHopHeaders(answer.rawHeaders));
    // Whoever waits for the head has it, also when the body is cut or late.
    response.flushHeaders();
    await pipeline(answer, (body: AsyncIterable<Buffer>) => this.#answered(body, request, fault), response);
  }

  /** Resolves with the answer as soon as its head is there. */
  async #forward(request: IncomingMessage, cutAfter: number | undefined): Promise<IncomingMessage> {
    const forwarded = httpRequest(this.#target, {
      method: request.method!,
      path: request.url!,
      headers: withoutHopHeaders(request.rawHeaders),
      setHost: false,
      // No connection is used twice: one that the server is about to close would be a fault that nobody asked for.
      agent: false,
    });
    const answered = once(forwarded, 'response', { signal: this.#closing.signal });
    answered.catch(() => undefined);
    // Of one that breaks after its answer nobody would hear.
    forwarded.on('error', () => undefined);
    request.once('close', () => request.complete || forwarded.destroy());
    if (cutAfter === undefined) {
      // A server may answer before it has read everything, and close.
      request.pipe(forwarded);
      const [answer] = (await answered) as [IncomingMessage];
      return answer;
    }
    let left = cutAfter;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (chunk.length > left) {
        await new Promise((resolve) => forwarded.write(chunk.subarray(0, left), resolve));
        break;
      }
      left -= chunk.length;
      await new Promise((resolve) => forwarded.write(chunk, resolve));
    }
    forwarded.destroy();
    throw new Error('cut');
  }

  async *#answered(
    body: AsyncIterable<Buffer>,
    request: IncomingMessage,
    fault: ProxyFault | undefined,
  ): AsyncGenerator<Buffer, void, undefined> {
    let left = placeOf(fault);
    for await (const chunk of body) {
      if (chunk.length <= left) {
        left -= chunk.length;
        yield chunk;
        continue;
      }
      if (left > 0) yield chunk.subarray(0, left);
      if (fault?.kind === 'cut-answer') {
        // What was given has to leave before the connection is cut.
        await sleep(20);
        throw new Error('cut');
      }
      if (fault?.kind === 'stall') await this.#silence(fault.milliseconds, request);
      yield chunk.subarray(left);
      left = Infinity;
    }
  }

  async #silence(milliseconds: number, request: IncomingMessage): Promise<void> {
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    request.socket.once('close', leave);
    try {
      await sleep(milliseconds, undefined, { signal: AbortSignal.any([gone.signal, this.#closing.signal]) });
    } finally {
      request.socket.off('close', leave);
    }
  }
}

/** After how many bytes of an answer its fault comes. */
function placeOf(fault: ProxyFault | undefined): number {
  if (fault?.kind === 'cut-answer') return fault.bytes;
  return fault?.kind === 'stall' && fault.answered !== undefined ? fault.answered : Infinity;
}

/** Of one connection, and so not of the next one; `Expect` was answered here. */
const HOP_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'expect', 'proxy-connection']);

function withoutHopHeaders(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    if (!HOP_HEADERS.has(raw[i]!.toLowerCase())) kept.push(raw[i]!, raw[i + 1]!);
  }
  return kept;
}

/** An error in the form that the client of the request reads: JSON where it asked in JSON, else S3's XML. */
function answerError(
  request: IncomingMessage,
  response: ServerResponse,
  { status, code }: { readonly status: number; readonly code: string },
): void {
  if (request.headers['x-amz-target'] === undefined) return respondS3Error(response, { status, code });
  response.writeHead(status, { 'content-type': request.headers['content-type'] ?? 'application/x-amz-json-1.1' });
  response.end(JSON.stringify({ __type: code, message: 'told to' }));
}
