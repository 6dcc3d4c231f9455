/** Streams of S3: slow readers, silent and broken connections, answers that are not what was asked for. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyChunks } from '../../src/aws/s3-body.ts';
import type { S3Body } from '../../src/aws/s3-body.ts';
import { openS3Blobs } from '../../src/blobs/s3.ts';
import type { S3BlobsOptions } from '../../src/blobs/s3.ts';
import { collect } from '../../src/bytes.ts';
import type { BlobStore } from '../../src/ports.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { lentChunks, patterned, randomBlobKey } from '../../src/testing/test-bytes.ts';
import { withResumedReads } from '../../src/with/retry.ts';
import { FaultyProxy } from '../support/aws/faulty-proxy.ts';
import { S3Sink } from '../support/aws/s3-sink.ts';
import { quiet } from '../support/aws/s3-store.ts';
import { REGION } from '../support/aws/servers.ts';
import { drain, iteratorOf } from '../support/streams.ts';

const MEBIBYTE = 1024 * 1024;
/** More than every buffer on the way holds. */
const BYTES = patterned(24 * MEBIBYTE);
/** Milliseconds for which the store may be silent. */
const SILENCE = 500;

interface Reading extends AsyncDisposable {
  readonly store: BlobStore;
  readonly proxy: FaultyProxy;
  readonly key: string;
}

/** A store that gives the same bytes for its one key. */
async function reading(client: Partial<S3BlobsOptions['client']> = {}): Promise<Reading> {
  const scope = new AsyncDisposableStack();
  const content = (start: number, length: number): Uint8Array => BYTES.subarray(start, start + length);
  const sink = scope.use(await S3Sink.start({ content }));
  const proxy = scope.use(await FaultyProxy.start(sink.endpoint));
  const store = scope.use(storeAt(proxy.endpoint, client));
  const key = randomBlobKey();
  await store.put(key, lentChunks(BYTES, MEBIBYTE));
  proxy.requests.length = 0;
  return { store, proxy, key, [Symbol.asyncDispose]: () => scope.disposeAsync() };
}

function storeAt(endpoint: string, client: Partial<S3BlobsOptions['client']> = {}): BlobStore & Disposable {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return openS3Blobs({
    bucket: 'any',
    pathStyle: true,
    client: { endpoint, credentials, region: REGION, maxAttempts: 2, ...client },
  });
}

/** A server that answers every call alike. */
async function answering(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly store: BlobStore } & AsyncDisposable> {
  const scope = new AsyncDisposableStack();
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => {
    server.close().closeAllConnections();
  });
  const store = scope.use(storeAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  return { store, [Symbol.asyncDispose]: () => scope.disposeAsync() };
}

describe('S3Blobs, read', () => {
  test('waits for whoever reads slowly, for longer than the store may be silent', async () => {
    await using subject = await reading({ silenceTimeout: SILENCE });
    const { store, proxy, key } = subject;
    const chunks = iteratorOf(await store.get(key));
    let length = 0;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      const first = length === 0;
      length += next.value.length;
      if (first) await sleep(4 * SILENCE);
    }
    assert.equal(length, BYTES.length);
    assert.equal(proxy.count('GetObject'), 1);
  });

  test('fails when the store is silent while a chunk is waited for', async () => {
    await using subject = await reading({ silenceTimeout: SILENCE });
    const { store, proxy, key } = subject;
    proxy.fault = () => ({ kind: 'stall', milliseconds: 60_000, answered: 100_000 });
    const { bytes, error } = await drain(await store.get(key));
    assert.deepEqual(bytes, BYTES.slice(0, 100_000));
    assert.match((await rejection(Promise.reject(error), 'unavailable')).message, /silent/);
    assert.equal(await quiet(proxy), 0);
  });

  test('is cancelled while the store is silent', async () => {
    await using subject = await reading();
    const { store, proxy, key } = subject;
    proxy.fault = () => ({ kind: 'stall', milliseconds: 60_000, answered: 100_000 });
    const controller = new AbortController();
    const chunks = await store.get(key, { signal: controller.signal });
    const draining = drain(chunks);
    await sleep(50);
    controller.abort();
    const { error } = await draining;
    await rejection(Promise.reject(error), 'cancelled');
    assert.equal(await quiet(proxy), 0);
  });

  test('fails when the connection breaks, and never ends as if that were all', async () => {
    await using subject = await reading();
    const { store, proxy, key } = subject;
    for (const range of [undefined, { start: 1000, end: BYTES.length }]) {
      proxy.fault = () => ({ kind: 'cut-answer', bytes: 100_000 });
      const { bytes, error } = await drain(await store.get(key, { range }));
      await rejection(Promise.reject(error), 'unavailable');
      const start = range?.start ?? 0;
      assert.deepEqual(bytes, BYTES.slice(start, start + bytes.length));
    }
  });

  test('takes a body that ends early for a broken one, however it ends', async () => {
    const body = { stream: Readable.from([patterned(5)]) as S3Body['stream'], length: 6 };
    const { bytes, error } = await drain(bodyChunks(body, { thing: 'it', silence: 60_000 }));
    assert.equal(bytes.length, 5);
    await rejection(Promise.reject(error), 'unavailable');
  });

  test('does not end the process when a stream breaks before it is read', async () => {
    const stream = new Readable({ read: () => undefined });
    const unread = bodyChunks({ stream: stream as S3Body['stream'], length: 6 }, { thing: 'it', silence: 60_000 });
    stream.destroy(new Error('broken'));
    await new Promise((resolve) => stream.once('close', resolve));
    await rejection(collect(unread), 'unavailable');

    await using subject = await reading();
    const { store, proxy, key } = subject;
    proxy.fault = () => ({ kind: 'cut-answer', bytes: 100 });
    const chunks = await store.get(key);
    await quiet(proxy);
    await sleep(50);
    await rejection(collect(chunks), 'unavailable');
  });

  test('gives up the connection with the stream, read in part or not at all', async () => {
    await using subject = await reading();
    const { store, proxy, key } = subject;
    const begun = iteratorOf(await store.get(key));
    await begun.next();
    const unread = iteratorOf(await store.get(key));
    const waiting = iteratorOf(await store.get(key, { range: { start: 5, end: 6 } }));
    assert.ok(proxy.underWay >= 2);
    await Promise.all([begun.return?.(), unread.return?.(), waiting.return?.()]);
    assert.equal(await quiet(proxy), 0);
    assert.deepEqual(await begun.next(), { done: true, value: undefined });
  });

  test('serves others while a hundred read slowly', async () => {
    await using subject = await reading({ connectionTimeout: 500, maxAttempts: 1 });
    const { store, key } = subject;
    const readers = await Promise.all(Array.from({ length: 100 }, async () => iteratorOf(await store.get(key))));
    const first = await Promise.all(readers.map((chunks) => chunks.next()));
    assert.ok(first.every((next) => next.done !== true));
    await store.put(randomBlobKey(), lentChunks(BYTES, MEBIBYTE));
    await collect(await store.get(key, { range: { start: 5, end: 10 } }));
    for (const chunks of readers) await chunks.return?.();
  });

  test('goes on where a stream breaks, over and over', async () => {
    await using subject = await reading();
    const { store, proxy, key } = subject;
    // One in two answers is cut, each a little later.
    proxy.fault = (_, index) => (index % 2 === 0 ? { kind: 'cut-answer', bytes: 1_500_000 + index } : undefined);
    for (const range of [undefined, { start: 1, end: BYTES.length - 1 }, { start: 5, end: Number.MAX_SAFE_INTEGER }]) {
      const bytes = await collect(await withResumedReads(store).get(key, { range }));
      assert.ok(Buffer.from(bytes).equals(BYTES.subarray(range?.start, range?.end)));
    }
    assert.equal(proxy.count('GetObject'), 6);
  });

  test('takes no other range than it asked for', async () => {
    const range = { start: 10, end: 20 };
    const answers = [
      { status: 200, headers: { 'content-length': 10 } },
      { status: 206, headers: { 'content-length': 10 } },
      { status: 206, headers: { 'content-length': 10, 'content-range': 'bytes 9-18/1000' } },
      { status: 206, headers: { 'content-length': 10, 'content-range': 'bytes 10-18/1000' } },
      { status: 206, headers: { 'content-length': 9, 'content-range': 'bytes 10-19/1000' } },
    ];
    for (const { status, headers } of answers) {
      await using subject = await answering((_, response) => {
        response.writeHead(status, headers).end(Buffer.alloc(headers['content-length']));
      });
      await rejection(subject.store.get(randomBlobKey(), { range }), 'unexpected');
    }
    await using subject = await answering((_, response) => {
      response.writeHead(206, { 'content-length': 5, 'content-range': 'bytes 10-14/15' }).end(Buffer.alloc(5));
    });
    assert.equal((await collect(await subject.store.get(randomBlobKey(), { range }))).length, 5);
  });

  test('takes a body whose length is not told', async () => {
    await using subject = await answering((_, response) => {
      response.writeHead(200);
      response.write('abc');
      response.end('def');
    });
    assert.equal(Buffer.from(await collect(await subject.store.get(randomBlobKey()))).toString(), 'abcdef');
  });
});
