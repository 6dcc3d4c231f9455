/** A bucket with one large object in it, whose bytes are made while they are asked for. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { patterned } from '../../src/testing/test-bytes.ts';

const ETAG = '"00000000000000000000000000000000-1"';
const chunk = patterned(64 * 1024);

export interface LargeObject extends AsyncDisposable {
  readonly endpoint: string;
}

/** @param options.onSent called when all of it has left, while whoever asked still works on it */
export async function serveLargeObject({
  size,
  onSent,
}: {
  readonly size: number;
  readonly onSent: () => void;
}): Promise<LargeObject> {
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  const answer = async ({ url = '' }: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (url.includes('list-type=2')) {
      response.setHeader('content-type', 'application/xml');
      response.end(
        `<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>large</Key><ETag>${ETAG}</ETag><Size>${size}</Size></Contents></ListBucketResult>`,
      );
      return;
    }
    response.writeHead(200, { 'content-length': size, etag: ETAG });
    await pipeline(
      Readable.from(
        (function* () {
          for (let left = size; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
        })(),
        { objectMode: false },
      ),
      response,
    );
    onSent();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
