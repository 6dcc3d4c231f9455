/**
 * The least that a service of files can be, for comparison: what is posted goes into a file, and comes back out of it.
 *
 *     node bench/programs/bare-http.ts FOLDER
 *
 * It answers under the paths that Sealroom has, checks nothing, and forgets no file but by DELETE.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** As Sealroom reads its blobs. */
const CHUNK = { highWaterMark: 512 * 1024 };

const folder = process.argv[2];
if (folder === undefined) throw new Error('bare-http.ts FOLDER');

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '' } = request;
  const id = /^\/v1\/files\/([0-9a-f-]{36})(?:\/content)?$/.exec(url)?.[1];
  if (method === 'POST') return store(request, response);
  if (id === undefined) return void response.writeHead(404).end();
  if (method === 'DELETE') {
    await rm(fileOf(id));
    return void response.writeHead(204).end();
  }
  response.setHeader('content-length', (await stat(fileOf(id))).size);
  await pipeline(createReadStream(fileOf(id), CHUNK), response);
}

async function store(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = crypto.randomUUID();
  await pipeline(request, createWriteStream(fileOf(id), { flags: 'wx', ...CHUNK }));
  response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ id }));
}

function fileOf(id: string): string {
  return join(folder!, id);
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on no port');
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${address.port}` })}\n`);
});
process.once('SIGTERM', () => server.close());
