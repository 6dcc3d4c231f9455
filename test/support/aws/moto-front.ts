/**
 * A server in front of moto, for which everything is of one account, and that mends two things of its S3: policies of
 * buckets are kept here, because moto takes a statement with a condition to refuse everything; and a request that
 * expects a bucket of another account is refused.
 */
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { respondS3Error } from './s3-error.ts';
import { closeAtOnce, endpointOf } from '../loopback.ts';

export class MotoFront implements AsyncDisposable {
  readonly endpoint: string;
  readonly #server: Server;
  readonly #target: URL;
  readonly #account: string;
  /** Path of a bucket -> its policy. */
  readonly #policies = new Map<string, string>();

  private constructor(
    server: Server,
    { endpoint, target, account }: { readonly endpoint: string; readonly target: string; readonly account: string },
  ) {
    this.endpoint = endpoint;
    this.#server = server;
    this.#target = new URL(target);
    this.#account = account;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#serve(request, response).catch(() => request.destroy());
    });
  }

  /** @param account that everything is of */
  static async start(target: string, account: string): Promise<MotoFront> {
    const server = createServer();
    return new MotoFront(server, { endpoint: await endpointOf(server), target, account });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeAtOnce(this.#server);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, this.#target);
    const owner = request.headers['x-amz-expected-bucket-owner'];
    if (owner !== undefined && owner !== this.#account) {
      for await (const _ of request);
      return respondS3Error(response, { status: 403, code: 'AccessDenied' });
    }
    if (searchParams.has('policy')) return this.#policy(pathname, request, response);
    const forwarded = httpRequest(this.#target, {
      method: request.method!,
      path: request.url!,
      headers: { ...request.headers, 'x-moto-account-id': this.#account },
      setHost: false,
      agent: false,
    });
    const answered = once(forwarded, 'response');
    await pipeline(request, forwarded);
    const [answer] = (await answered) as [IncomingMessage];
    response.writeHead(answer.statusCode!, answer.headers);
    await pipeline(answer, response);
  }

  async #policy(bucket: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const given = await text(request);
    if (request.method === 'PUT') {
      this.#policies.set(bucket, given);
      response.writeHead(204).end();
      return;
    }
    const policy = this.#policies.get(bucket);
    if (policy === undefined) return respondS3Error(response, { status: 404, code: 'NoSuchBucketPolicy' });
    response.writeHead(200, { 'content-type': 'application/json' }).end(policy);
  }
}
