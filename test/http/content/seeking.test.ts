/** A browser that plays a video: it asks for all from some place on, takes a little, and is gone. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { describe, test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { patterned } from '../../../src/testing/test-bytes.ts';
import { drain } from '../../support/streams.ts';
import { diskService } from './disk-service.ts';
import type { DiskService } from './disk-service.ts';

const SIZE = 8 * 1024 * 1024;
const video = patterned(SIZE);

interface Player {
  readonly service: DiskService;
  readonly id: string;
}

async function player(): Promise<Player & AsyncDisposable> {
  const service = await diskService();
  const { id } = await service.vault.tenant('default').put(video, { name: 'film.mp4', type: 'video/mp4' });
  return { service, id, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

async function ask({ service, id }: Player, headers: OutgoingHttpHeaders): Promise<IncomingMessage> {
  const request = get({
    host: '127.0.0.1',
    port: service.port,
    path: `/v1/files/${id}/content`,
    headers: { ...service.reader, ...headers },
    agent: false,
  });
  const [response] = await once(request, 'response');
  return response as IncomingMessage;
}

/** Takes some bytes from the place that was asked for, compares them, and goes. */
async function look(response: IncomingMessage, { from, length }: { from: number; length: number }): Promise<void> {
  let at = from;
  for await (const chunk of response) {
    const bytes = chunk as Buffer;
    assert.ok(bytes.equals(video.subarray(at, at + bytes.length)), `other bytes from ${at} on`);
    at += bytes.length;
    if (at - from >= length) break;
  }
  response.destroy();
}

/** Everything is let go some time after the clients went. */
async function expectRest({ service }: Player): Promise<void> {
  const inFlight = 'sealroom_http_transfers_in_flight{direction="download"}';
  while (service.blobs.open > 0 || (await service.metric(inFlight)) !== 0) await after(5);
  const connections = (): Promise<number> =>
    new Promise((resolve, reject) => {
      service.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
  while ((await connections()) > 0) await after(5);
}

describe('a browser that plays a video', { timeout: 60_000 }, () => {
  test('begins, seeks again and again under If-Range, and gets the right bytes from every place', async () => {
    await using film = await player();
    const first = await ask(film, { range: 'bytes=0-' });
    assert.equal(first.statusCode, 206);
    assert.equal(first.headers['content-range'], `bytes 0-${SIZE - 1}/${SIZE}`);
    const etag = first.headers.etag!;
    await look(first, { from: 0, length: 100_000 });
    for (let seek = 1; seek <= 40; seek++) {
      const from = (seek * 2_654_435_761) % SIZE;
      const response = await ask(film, { range: `bytes=${from}-`, 'if-range': etag });
      assert.equal(response.statusCode, 206);
      assert.equal(response.headers['content-length'], String(SIZE - from));
      await look(response, { from, length: 50_000 });
    }
    const changed = await ask(film, { range: 'bytes=4000-', 'if-range': '"another"' });
    assert.equal(changed.statusCode, 200);
    await look(changed, { from: 0, length: 10_000 });
    await expectRest(film);
    assert.equal(film.service.blobs.opened, 42);
  });

  test('may leave at any moment: nothing stays open', async () => {
    await using film = await player();
    const leaving = Array.from({ length: 60 }, async (_, i) => {
      const request = get({
        host: '127.0.0.1',
        port: film.service.port,
        path: `/v1/files/${film.id}/content`,
        headers: { ...film.service.reader, range: `bytes=${i * 1000}-` },
        agent: false,
      });
      request.on('error', () => undefined);
      request.on('response', (response) => response.on('error', () => undefined));
      await after(i);
      request.destroy();
    });
    await Promise.all(leaving);
    await expectRest(film);
    const { bytes, error } = await drain(await ask(film, {}));
    assert.equal(error, undefined);
    assert.ok(Buffer.from(bytes).equals(video));
  });
});
