/**
 * An S3 for large bodies: it checks what it is sent, and forgets it.
 *
 * - PutObject and UploadPart must carry a CRC32 and a length, and the body must have them; nothing is held of it.
 * - CreateMultipartUpload must name the checksum. Parts but the last have at least 5 MiB and all one size.
 *   CompleteMultipartUpload must list every part, in order, with the ETag and the CRC32 it was sent with.
 * - `If-None-Match: *` counts. HeadObject, DeleteObject, ListMultipartUploads and AbortMultipartUpload are there, too.
 * - With `content`, each byte is compared with what is to be at its place, and GetObject gives those bytes.
 * - With `folder`, bodies go into files there, and GetObject gives them. Without either it refuses.
 *
 * Any bucket is there, in the path; signatures are not looked at. What is wrong is answered with an error of S3 that no
 * client tries again. As a program it prints `{"url": …}` and runs until it is ended:
 *
 *     node test/support/aws/s3-sink.ts [folder]
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { operationOf } from './operation.ts';
import { respondS3Error } from './s3-error.ts';
import { SinkBody, type SinkContent } from './s3-sink-body.ts';
import { ListedPart, SinkError, SinkObjects } from './s3-sink-objects.ts';
import { closeAtOnce, endpointOf } from '../loopback.ts';

export interface SinkOptions {
  /** What every object holds: as many bytes as asked for, from a place on. */
  readonly content?: SinkContent | undefined;
  /** Where bodies are kept, to be given back. */
  readonly folder?: string | undefined;
}

export class S3Sink implements AsyncDisposable {
  readonly endpoint: string;
  /** What was taken, and is under way. */
  readonly objects: SinkObjects = new SinkObjects();
  /** Operations, in the order in which they came. */
  readonly operations: string[] = [];
  readonly #server: Server;
  readonly #options: SinkOptions;

  private constructor(server: Server, endpoint: string, options: SinkOptions) {
    this.endpoint = endpoint;
    this.#server = server;
    this.#options = options;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#serve(request, response).catch((error: unknown) => {
        if (error instanceof SinkError && !response.headersSent) respondS3Error(response, error);
        else response.destroy();
      });
    });
  }

  /** Listens on a free port of this machine. */
  static async start(options: SinkOptions = {}): Promise<S3Sink> {
    const server = createServer({ requestTimeout: 0 });
    return new S3Sink(server, await endpointOf(server), options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeAtOnce(this.#server);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, this.endpoint);
    const key = decodeURIComponent(pathname.replace(/^\/[^/]+\/?/, ''));
    const upload = searchParams.get('uploadId') ?? '';
    const operation = operationOf(request);
    this.operations.push(operation);
    switch (operation) {
      case 'PutObject': {
        this.objects.expectAbsent(key, request.headers);
        const body = await SinkBody.take(request, this.#options, 0);
        this.objects.put(key, [body], request.headers);
        return respond(response, 200, '', { etag: body.etag });
      }
      case 'CreateMultipartUpload': {
        const id = this.objects.create(key, request.headers);
        return respond(response, 200, `<R><Key>${key}</Key><UploadId>${id}</UploadId></R>`);
      }
      case 'UploadPart': {
        const number = Number(searchParams.get('partNumber'));
        const offset = this.objects.offsetOf(upload, number, Number(request.headers['content-length']));
        const body = await SinkBody.take(request, this.#options, offset);
        this.objects.addPart(upload, number, body);
        return respond(response, 200, '', { etag: body.etag, 'x-amz-checksum-crc32': body.crc });
      }
      case 'CompleteMultipartUpload': {
        this.objects.complete(key, upload, ListedPart.read(await text(request)), request.headers);
        return respond(response, 200, `<R><Key>${key}</Key><ETag>"complete"</ETag></R>`);
      }
      case 'AbortMultipartUpload': {
        await this.objects.abort(upload);
        return respond(response, 204, '');
      }
      case 'ListMultipartUploads': {
        const found = this.objects.uploadsWith(searchParams.get('prefix') ?? '');
        const items = found.map(([id, name]) => `<Upload><Key>${name}</Key><UploadId>${id}</UploadId></Upload>`);
        return respond(response, 200, `<R><IsTruncated>false</IsTruncated>${items.join('')}</R>`);
      }
      case 'HeadObject': {
        response.writeHead(this.objects.has(key) ? 200 : 404, { 'content-length': this.objects.sizeOf(key) });
        response.end();
        return;
      }
      case 'GetObject': {
        return this.#give(key, request, response);
      }
      case 'DeleteObject': {
        await this.objects.remove(key);
        return respond(response, 204, '');
      }
      default: {
        throw new SinkError(501, 'NotImplemented', operation);
      }
    }
  }

  async #give(key: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const size = this.objects.sizeOf(key);
    if (!this.objects.has(key)) throw new SinkError(404, 'NoSuchKey', key);
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    const end = Math.min(size, Number(to ?? size - 1) + 1);
    if (from !== undefined && start >= size) throw new SinkError(416, 'InvalidRange', key);
    response.writeHead(from === undefined ? 200 : 206, {
      'content-length': end - start,
      ...(from !== undefined && { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
    });
    await pipeline(this.objects.bytes(key, { start, end }), response);
  }
}

function respond(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/xml', ...headers });
  response.end(body);
}

if (import.meta.main) {
  const sink = await S3Sink.start({ folder: process.argv[2] });
  process.stdout.write(`${JSON.stringify({ url: sink.endpoint })}\n`);
  process.once('SIGTERM', () => void sink[Symbol.asyncDispose]());
}
