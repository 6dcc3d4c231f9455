import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { Readable } from 'node:stream';
import { mock, test } from 'node:test';
import { SealroomError } from '../../../src/errors.ts';
import { declaredLength, requestBody } from '../../../src/http/upload/request-body.ts';
import type { BodyOptions } from '../../../src/http/upload/request-body.ts';
import { refusal, rejection } from '../../../src/testing/rejects.ts';
import { patterned } from '../../../src/testing/test-bytes.ts';
import { RawClient } from '../../support/raw-client.ts';
import { drain, iteratorOf } from '../../support/streams.ts';

const roomy: BodyOptions = { limit: 1e9, idleTimeout: 60_000 };

/** A request that carries what is pushed into it, as one that is injected does. */
function pushed(headers: Record<string, string> = {}): Readable & IncomingMessage {
  const stream = new Readable({ read: () => {}, autoDestroy: false });
  return Object.assign(stream, { headers }) as unknown as Readable & IncomingMessage;
}

function listeners(request: EventEmitter): number {
  return request.eventNames().reduce((count, name) => count + request.listenerCount(name), 0);
}

/** A server that shows each request to a test, and answers nothing by itself. */
class Watched implements AsyncDisposable {
  readonly server: Server = createServer();

  async request(): Promise<IncomingMessage> {
    const { promise, resolve } = Promise.withResolvers<IncomingMessage>();
    this.server.once('request', resolve);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const head = (...lines: string[]): string => ['POST / HTTP/1.1', 'Host: x', ...lines, '', ''].join('\r\n');

test('a body comes as it was sent, with its length or in chunks', async () => {
  await using watched = new Watched();
  const bytes = patterned(300_000);
  for (const form of ['length', 'chunks']) {
    await using client = await RawClient.connect(watched.server);
    const asked = watched.request();
    if (form === 'length') {
      await client.send(head(`Content-Length: ${bytes.length}`));
      void client.send(bytes);
    } else {
      await client.send(head('Transfer-Encoding: chunked'));
      for (const piece of [bytes.subarray(0, 5), bytes.subarray(5)]) {
        void client.send(`${piece.length.toString(16)}\r\n`);
        void client.send(piece);
        void client.send('\r\n');
      }
      void client.send('0\r\n\r\n');
    }
    const request = await asked;
    const before = listeners(request);
    const { bytes: got, error } = await drain(requestBody(request, roomy));
    assert.equal(error, undefined);
    assert.deepEqual(got, bytes);
    assert.equal(listeners(request), before, 'no listener is left');
  }
});

test('an empty body is no chunk at all', async () => {
  const request = pushed({ 'content-length': '0' });
  request.push(null);
  assert.deepEqual(await drain(requestBody(request, roomy)), { bytes: new Uint8Array(0), error: undefined });
});

test('a length above the limit is refused before anything is read', () => {
  const request = pushed({ 'content-length': '11' });
  request.push('hello world');
  refusal(() => requestBody(request, { ...roomy, limit: 10 }), 'limit');
  assert.equal(request.readableLength, 11);
  assert.equal(listeners(request), 0);
});

test('a body of unknown length is refused once it is above the limit, and not before', async () => {
  const within = pushed();
  within.push('0123456789');
  within.push(null);
  assert.equal((await drain(requestBody(within, { ...roomy, limit: 10 }))).error, undefined);
  const above = pushed();
  above.push('01234567890');
  const chunks = iteratorOf(requestBody(above, { ...roomy, limit: 10 }));
  await rejection(chunks.next(), 'limit');
  assert.equal(listeners(above), 0);
  assert.equal(above.destroyed, false, 'the answer can still be written');
  assert.deepEqual(await chunks.next(), { done: true, value: undefined });
});

test('a length that is none is refused', () => {
  for (const length of ['', '-1', '1.5', '1e3', '0x10', 'x', '1, 1', '9'.repeat(16)]) {
    refusal(() => declaredLength({ 'content-length': length }), 'usage');
  }
  assert.equal(declaredLength({}), undefined);
  assert.equal(declaredLength({ 'content-length': '12' }), 12);
});

test('more or fewer bytes than the length says are an error and no file', async () => {
  for (const text of ['hell', 'hello!']) {
    const request = pushed({ 'content-length': '5' });
    request.push(text);
    request.push(null);
    await rejection(readAll(requestBody(request, roomy)), 'usage');
    assert.equal(listeners(request), 0);
  }
});

test('a client that vanishes, or ends early, is an error and no shorter body', async () => {
  await using watched = new Watched();
  const beginnings = [
    [head('Content-Length: 10'), 'hello'],
    [head('Transfer-Encoding: chunked'), '5\r\nhello\r\n'],
    [head('Transfer-Encoding: chunked'), '5\r\nhel'],
  ] as const;
  for (const [headers, beginning] of beginnings) {
    for (const leave of ['vanish', 'finish'] as const) {
      await using client = await RawClient.connect(watched.server);
      const asked = watched.request();
      await client.send(headers);
      const request = await asked;
      const chunks = iteratorOf(requestBody(request, roomy));
      void client.send(beginning);
      await chunks.next();
      const next = chunks.next();
      client[leave]();
      await rejection(next, 'cancelled');
    }
  }
});

test('a client that was gone before its body was asked for is an error too', async () => {
  await using watched = new Watched();
  const client = await RawClient.connect(watched.server);
  const asked = watched.request();
  await client.send(head('Content-Length: 10'));
  const request = await asked;
  const gone = new Promise((resolve) => request.once('close', resolve));
  client.vanish();
  await gone;
  await rejection(iteratorOf(requestBody(request, roomy)).next(), 'cancelled');
});

test('what is no chunk ends the body with an error', async () => {
  await using watched = new Watched();
  for (const broken of ['zz\r\n', '5\r\nhelloXX', '-1\r\n', '5;\r\r\n', `${'f'.repeat(17)}\r\n`]) {
    await using client = await RawClient.connect(watched.server);
    const asked = watched.request();
    await client.send(head('Transfer-Encoding: chunked'));
    const chunks = requestBody(await asked, roomy);
    void client.send(broken);
    await rejection(readAll(chunks), 'cancelled');
  }
});

test('a signal ends the waiting, and one that fired before reads nothing', async () => {
  const controller = new AbortController();
  const request = pushed();
  const next = iteratorOf(requestBody(request, { ...roomy, signal: controller.signal })).next();
  controller.abort(new SealroomError('interrupted', 'enough'));
  await rejection(next, 'interrupted');
  assert.equal(listeners(request), 0);
  let begun = false;
  const late = requestBody(request, { ...roomy, signal: controller.signal, onBegin: () => (begun = true) });
  await rejection(iteratorOf(late).next(), 'interrupted');
  assert.equal(begun, false);
});

test('a reader that stops leaves the request as it was', async () => {
  const request = pushed();
  request.push('hello');
  const chunks = iteratorOf(requestBody(request, roomy));
  assert.deepEqual(await chunks.next(), { done: false, value: Buffer.from('hello') });
  await chunks.return?.();
  assert.deepEqual(await chunks.next(), { done: true, value: undefined });
  assert.equal(listeners(request), 0);
  assert.equal(request.destroyed, false);
});

test('the client is told to go on when it is first waited for, once', async () => {
  const request = pushed();
  let told = 0;
  const body = requestBody(request, { ...roomy, onBegin: () => told++ });
  assert.equal(told, 0);
  request.push('a');
  const chunks = iteratorOf(body);
  await chunks.next();
  request.push('b');
  await chunks.next();
  assert.equal(told, 1);
  await chunks.return?.();
});

test('a client that is silent for too long is given up', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const request = pushed();
    const next = iteratorOf(requestBody(request, { ...roomy, idleTimeout: 1000 })).next();
    mock.timers.tick(999);
    await untilIdle();
    assert.equal(listeners(request) > 0, true);
    mock.timers.tick(1);
    await rejection(next, 'timed-out');
    assert.equal(listeners(request), 0);
  } finally {
    mock.timers.reset();
  }
});

test('a client that is slow, but lives, is waited for', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const request = pushed();
    const chunks = iteratorOf(requestBody(request, { ...roomy, idleTimeout: 1000 }));
    for (let i = 0; i < 10; i++) {
      const next = chunks.next();
      mock.timers.tick(900);
      request.push('x');
      assert.deepEqual(await next, { done: false, value: Buffer.from('x') });
    }
    request.push(null);
    assert.equal((await chunks.next()).done, true);
  } finally {
    mock.timers.reset();
  }
});

test('the time that its reader takes is not the client’s', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const request = pushed();
    const chunks = iteratorOf(requestBody(request, { ...roomy, idleTimeout: 1000 }));
    request.push('a');
    await chunks.next();
    mock.timers.tick(5000);
    request.push('b');
    assert.deepEqual(await chunks.next(), { done: false, value: Buffer.from('b') });
    const next = chunks.next();
    mock.timers.tick(1000);
    await rejection(next, 'timed-out');
  } finally {
    mock.timers.reset();
  }
});

async function readAll(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of body);
}

function untilIdle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
