/** No answer is taken for whole that is not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { drain, iteratorOf } from '../support/streams.ts';
import { json, scriptedClient, statOf } from './scripted-fetch.ts';
import type { Reply } from './scripted-fetch.ts';

const bytes = patterned(1000);

/** An answer of these bytes in two chunks, without a length; then its end, or an error. */
function streamed(body: Uint8Array, { failure, ...init }: ResponseInit & { readonly failure?: Error } = {}): Response {
  const chunks = [body.slice(0, 400), body.slice(400)];
  const pull = (controller: ReadableStreamDefaultController): void => {
    const chunk = chunks.shift();
    if (chunk !== undefined) controller.enqueue(chunk);
    else if (failure !== undefined) controller.error(failure);
    else controller.close();
  };
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), init);
}

describe('a file', () => {
  test('comes with its stat, in two requests', async () => {
    const { client, network } = scriptedClient([json(statOf(1000)), streamed(bytes)]);
    const { stat, range, body } = await client.tenant().get('f');
    assert.deepEqual([stat, range], [statOf(1000), { start: 0, end: 1000 }]);
    assert.deepEqual(await collect(body), bytes);
    assert.deepEqual(
      network.sent.map(({ method, path }) => `${method} ${path}`),
      ['GET /v1/files/f', 'GET /v1/files/f/content'],
    );
    assert.equal(network.sent[1]?.headers.get('accept-encoding'), 'identity');
  });

  test('that ends early is truncated, after what there was', async () => {
    const { client } = scriptedClient([json(statOf(1000)), streamed(bytes.subarray(0, 999))]);
    const { bytes: came, error } = await drain((await client.tenant().get('f')).body);
    assert.deepEqual(came, bytes.subarray(0, 999));
    assert.match((await rejection(Promise.reject(error), 'truncated')).message, /999 of 1000/);
  });

  test('that goes on is an error before the byte too many', async () => {
    const { client } = scriptedClient([json(statOf(999)), streamed(bytes)]);
    const { bytes: came, error } = await drain((await client.tenant().get('f')).body);
    assert.deepEqual(came, bytes.subarray(0, 400));
    await rejection(Promise.reject(error), 'trailing-bytes');
  });

  test('whose connection breaks is unavailable, after what there was', async () => {
    const { client } = scriptedClient([json(statOf(1001)), streamed(bytes, { failure: new TypeError('terminated') })]);
    const { bytes: came, error } = await drain((await client.tenant().get('f')).body);
    assert.deepEqual(came, bytes);
    assert.match((await rejection(Promise.reject(error), 'unavailable')).message, /1000 of 1001/);
  });

  test('of another length than it should have is refused at once', async () => {
    const other = new Response(bytes.slice(0, 10), { headers: { 'content-length': '10' } });
    const { client } = scriptedClient([json(statOf(1000)), other]);
    await rejection(client.tenant().get('f'), 'unexpected');
  });

  test('that came compressed is counted as it is', async () => {
    const headers = { 'content-length': '10', 'content-encoding': 'gzip' };
    const { client } = scriptedClient([json(statOf(1000)), streamed(bytes, { headers })]);
    assert.deepEqual(await collect((await client.tenant().get('f')).body), bytes);
  });

  test('of no bytes is one', async () => {
    const { client } = scriptedClient([json(statOf(0)), new Response(null)]);
    assert.deepEqual(await collect((await client.tenant().get('f')).body), new Uint8Array(0));
  });

  test('that nobody wants any more lets go of its connection', async () => {
    for (const read of [0, 1]) {
      const cancelled = Promise.withResolvers<void>();
      const body = new ReadableStream({
        pull: (controller) => controller.enqueue(bytes.slice(0, 10)),
        cancel: () => cancelled.resolve(),
      });
      const { client } = scriptedClient([json(statOf(1000)), new Response(body)]);
      const iterator = iteratorOf((await client.tenant().get('f')).body);
      for (let i = 0; i < read; i++) assert.equal((await iterator.next()).value?.length, 10);
      await iterator.return?.();
      await cancelled.promise;
      assert.equal((await iterator.next()).done, true);
    }
  });

  test('is given up when its caller gives up', async () => {
    const controller = new AbortController();
    const { client } = scriptedClient([json(statOf(1000)), streamed(bytes)]);
    const iterator = iteratorOf((await client.tenant().get('f', { signal: controller.signal })).body);
    await iterator.next();
    controller.abort();
    await rejection(iterator.next(), 'cancelled');
    assert.equal((await iterator.next()).done, true);
  });
});

describe('a part of a file', () => {
  const part = (contentRange: string | null, body = bytes.subarray(10, 20)): Reply =>
    streamed(body, { status: 206, headers: contentRange === null ? {} : { 'content-range': contentRange } });

  test('is asked for as it lies in the file', async () => {
    for (const [range, header, start, end] of [
      [{ start: 10, end: 20 }, 'bytes=10-19', 10, 20],
      [{ start: 990 }, 'bytes=990-999', 990, 1000],
      [{ start: 0, end: 5000 }, 'bytes=0-999', 0, 1000],
    ] as const) {
      const reply = part(`bytes ${start}-${end - 1}/1000`, bytes.subarray(start, end));
      const { client, network } = scriptedClient([json(statOf(1000)), reply]);
      const found = await client.tenant().get('f', { range });
      assert.deepEqual(found.range, { start, end });
      assert.equal(network.sent[1]?.headers.get('range'), header);
      assert.deepEqual(await collect(found.body), bytes.subarray(start, end));
    }
  });

  test('needs no header that a page of another origin may not see', async () => {
    const { client } = scriptedClient([json(statOf(1000)), part(null)]);
    const { body } = await client.tenant().get('f', { range: { start: 10, end: 20 } });
    assert.deepEqual(await collect(body), bytes.subarray(10, 20));
  });

  for (const [what, reply] of [
    ['the whole file', streamed(bytes)],
    ['another part', part('bytes 11-20/1000')],
    ['a part of another file', part('bytes 10-19/1001')],
  ] as const) {
    test(`is not taken for ${what}`, async () => {
      const { client } = scriptedClient([json(statOf(1000)), reply]);
      await rejection(client.tenant().get('f', { range: { start: 10, end: 20 } }), 'unexpected');
    });
  }

  test('that there is not is refused without asking for it', async () => {
    for (const start of [1000, 2000]) {
      const { client } = scriptedClient([json(statOf(1000))]);
      await rejection(client.tenant().get('f', { range: { start } }), 'range-not-satisfiable');
    }
    for (const range of [{ start: -1 }, { start: 0.5 }, { start: 5, end: 5 }, { start: 5, end: 4 }, { start: NaN }]) {
      const { client } = scriptedClient([json(statOf(1000))]);
      await rejection(client.tenant().get('f', { range }), 'usage');
    }
  });
});

describe('a message', () => {
  test('that ends before the length it names is truncated', async () => {
    const short = streamed(bytes, { headers: { 'content-length': '1001' } });
    const { client } = scriptedClient([json(statOf(900)), short]);
    const { error } = await drain((await client.tenant().export('f')).body);
    await rejection(Promise.reject(error), 'truncated');
  });

  test('without a length is whole when its stream is', async () => {
    const { client } = scriptedClient([json(statOf(900)), streamed(bytes)]);
    assert.deepEqual(await collect((await client.tenant().export('f')).body), bytes);
    const broken = streamed(bytes, { failure: new TypeError('terminated') });
    const { client: another } = scriptedClient([json(statOf(900)), broken]);
    await rejection(collect((await another.tenant().export('f')).body), 'unavailable');
  });
});
