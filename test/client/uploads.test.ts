/** What a client sends of a file, and what becomes of its source. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect, concat } from '../../src/bytes.ts';
import type { Source } from '../../src/client/source.ts';
import { SealroomError } from '../../src/errors.ts';
import { PausedSource, lentChunks, patterned } from '../../src/testing/test-bytes.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { TrackedSource, chunked } from '../support/streams.ts';
import { json, networkError, problem, scriptedClient, statOf } from './scripted-fetch.ts';
import type { Sent } from './scripted-fetch.ts';

const bytes = patterned(300_000);

/** The form that a request carried, read as a server does. */
async function formOf({ headers, init }: Sent): Promise<FormData> {
  const { body = null, duplex } = init;
  return new Response(await new Request('http://x', { method: 'POST', headers, body, duplex: duplex! }).blob(), {
    headers: { 'content-type': headers.get('content-type')! },
  }).formData();
}

interface Received {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly file: Uint8Array;
}

/** Takes an upload, keeps it, and answers as the service does. */
function taking(received: Received[]): (sent: Sent) => Promise<Response> {
  return async (sent) => {
    const { file, ...fields } = Object.fromEntries(await formOf(sent));
    assert.ok(file instanceof Blob);
    const content = new Uint8Array(await file.arrayBuffer());
    received.push({ fields, file: content });
    return json(statOf(content.length), { status: 201 });
  };
}

describe('a file that is put', () => {
  const sources: Readonly<Record<string, () => Source>> = {
    'bytes at hand': () => bytes,
    'a part of a larger buffer': () => Buffer.concat([Buffer.alloc(7), bytes, Buffer.alloc(7)]).subarray(7, -7),
    'a Blob': () => new Blob([bytes.slice()]),
    'a list of chunks': () => [...chunked(bytes, 1000)],
    'a stream that lends its memory': () => lentChunks(bytes, 7001),
    'one large chunk': () => lentChunks(bytes),
    'a web stream': () => new Blob([bytes.slice()]).stream(),
    'empty chunks among others': () => [new Uint8Array(0), bytes, new Uint8Array(0)],
  };
  for (const [what, source] of Object.entries(sources)) {
    for (const streams of [true, false]) {
      test(`from ${what} arrives as it was${streams ? '' : ', where no stream can be sent, too'}`, async () => {
        const received: Received[] = [];
        const { client, network } = scriptedClient([taking(received)], { streams });
        await client.tenant().put(source(), { name: 'n' });
        assert.deepEqual(received[0]?.file, bytes);
        if (!streams) assert.ok(network.sent[0]?.init.body instanceof Blob);
      });
    }
  }

  test('of no bytes is one', async () => {
    for (const source of [new Uint8Array(0), [], new Blob([])]) {
      const received: Received[] = [];
      const { client } = scriptedClient([taking(received)]);
      await client.tenant().put(source, { name: 'n' });
      assert.equal(received[0]?.file.length, 0);
    }
  });

  test('has its fields in the form, and in no address, where proxies would write them down', async () => {
    const received: Received[] = [];
    const { client, network } = scriptedClient([taking(received)]);
    await client.tenant().put(bytes, {
      name: 'ñ "1"\\.txt',
      type: 'text/plain; charset=utf-8',
      tags: { kind: 'a&b=c', __proto__x: '' },
      metadata: { note: 'x'.repeat(10_000) },
      context: { purpose: '--\r\n\r\n' },
      expires: '2030-01-01',
      retainUntil: null,
    });
    assert.deepEqual(received[0]?.fields, {
      name: 'ñ "1"\\.txt',
      type: 'text/plain; charset=utf-8',
      'tag.kind': 'a&b=c',
      'tag.__proto__x': '',
      'metadata.note': 'x'.repeat(10_000),
      'context.purpose': '--\r\n\r\n',
      expires: '2030-01-01',
    });
    assert.equal(network.sent[0]?.path, '/v1/files');
  });

  test('has pairs in the address whose names a form could not hold', async () => {
    const received: Received[] = [];
    const { client, network } = scriptedClient([taking(received)]);
    const names = ['"', '%22', 'é', 'a\\b', 'a\r\nb'];
    await client.tenant().put(bytes, { name: 'n', context: Object.fromEntries(names.map((name) => [name, 'v'])) });
    const query = new URL(network.sent[0]!.path, 'http://x').searchParams;
    assert.deepEqual(Object.fromEntries(query), Object.fromEntries(names.map((name) => [`context.${name}`, 'v'])));
    assert.deepEqual(received[0]?.fields, { name: 'n', type: 'application/octet-stream' });
  });

  test('cannot say who puts it: the service knows', async () => {
    const { client } = scriptedClient([]);
    await rejection(client.tenant().put(bytes, { name: 'n', createdBy: 'me' }), 'usage');
  });

  test('is described by text that stays what it is, and by nothing else', async () => {
    const { client } = scriptedClient([]);
    for (const name of ['a\ud800', 7 as unknown as string]) {
      await rejection(client.tenant().put(bytes, { name }), 'usage');
      await rejection(client.tenant().put(bytes, { name: 'n', tags: { a: name } }), 'usage');
    }
    await rejection(client.tenant().put(bytes, { name: 'n', context: { '\ud800': 'a' } }), 'usage');
  });

  test('that the service kept another length of is an error', async () => {
    for (const source of [bytes, [bytes]]) {
      const wrong = async (sent: Sent): Promise<Response> => {
        await formOf(sent);
        return json(statOf(bytes.length - 1), { status: 201 });
      };
      const { client } = scriptedClient([wrong]);
      await rejection(client.tenant().put(source, { name: 'n' }), 'unexpected');
    }
  });

  test('is not done when the service says so before it has it all', async () => {
    const source = new TrackedSource(chunked(bytes, 1000));
    const { client } = scriptedClient([json(statOf(0), { status: 201 })]);
    await rejection(client.tenant().put(source, { name: 'n' }), 'unexpected');
    assert.equal(source.opened, false);
  });
});

describe('an upload that fails', () => {
  /** As fetch does: what a body fails with is the cause of its own error. */
  const failing = async (sent: Sent): Promise<Response> => {
    await formOf(sent).catch((error: unknown) => {
      throw new TypeError('fetch failed', { cause: error });
    });
    return assert.fail('the body was to fail');
  };
  const refused = problem(413, 'quota');

  test('tells what its source failed with', async () => {
    const failure = new SealroomError('not-found', 'the source is gone');
    const source = new TrackedSource([bytes], failure);
    const { client } = scriptedClient([failing]);
    assert.equal(await rejection(client.tenant().put(source, { name: 'n' }), 'not-found'), failure);
    assert.ok(source.closed);
  });

  test('takes no more of its source than was sent, and lets go of it', async () => {
    const source = new TrackedSource(chunked(bytes, 1000));
    const { client } = scriptedClient([refused.clone()]);
    await rejection(client.tenant().put(source, { name: 'n' }), 'quota');
    assert.equal(source.taken, 0);
  });

  test('lets go of a source that is silent', async () => {
    const source = new PausedSource(bytes);
    const reply = async ({ init }: Sent): Promise<Response> => {
      const reading = collect(init.body as ReadableStream<Uint8Array>).catch(() => undefined);
      await source.paused;
      void reading;
      return refused.clone();
    };
    const { client } = scriptedClient([reply]);
    await rejection(client.tenant().put(source, { name: 'n' }), 'quota');
    assert.ok(source.givenUp);
  });

  test('is cancelled while its source is silent, also where it is gathered first', async () => {
    const controller = new AbortController();
    const source = new PausedSource(bytes);
    const { client } = scriptedClient([], { streams: false });
    const put = client.tenant().put(source, { name: 'n', signal: controller.signal });
    await source.paused;
    controller.abort();
    await rejection(put, 'cancelled');
    assert.ok(source.givenUp);
  });

  test('tells what whoever is told of its progress failed with', async () => {
    const failure = new Error('no screen');
    const onProgress = (): never => {
      throw failure;
    };
    const { client, network } = scriptedClient([failing]);
    await assert.rejects(client.tenant().put(bytes, { name: 'n', onProgress }), (error) => error === failure);
    assert.equal(network.left, 0);
  });

  test('refuses a stream that gives text', async () => {
    const text = ['abc'] as unknown as Uint8Array[];
    const { client } = scriptedClient([failing]);
    await rejection(client.tenant().put(text, { name: 'n' }), 'usage');
  });
});

describe('an upload that is sent again', () => {
  test('is one whose bytes are at hand, under one key for all attempts', async () => {
    for (const onProgress of [undefined, () => undefined]) {
      for (const source of [bytes, new Blob([bytes.slice()])]) {
        const received: Received[] = [];
        const { client, network } = scriptedClient([
          networkError('ECONNRESET'),
          problem(409, 'in-progress'),
          problem(503, 'interrupted'),
          taking(received),
        ]);
        await client.tenant().put(source, { name: 'n', onProgress });
        assert.deepEqual(received[0]?.file, bytes);
        const keys = network.sent.map(({ headers }) => headers.get('idempotency-key'));
        assert.equal(keys.length, 4);
        assert.equal(new Set(keys).size, 1);
        assert.match(keys[0]!, /^[0-9a-f-]{36}$/);
      }
    }
  });

  test('has another key than every other upload', async () => {
    const received: Received[] = [];
    const { client, network } = scriptedClient([taking(received), taking(received)]);
    for (let i = 0; i < 2; i++) await client.tenant().put(bytes, { name: 'n' });
    assert.notEqual(...(network.sent.map(({ headers }) => headers.get('idempotency-key')) as [string, string]));
  });

  test('has the key that its caller gave', async () => {
    const received: Received[] = [];
    const { client, network } = scriptedClient([taking(received), taking(received)]);
    for (const source of [bytes, [bytes]]) {
      await client.tenant().put(source, { name: 'n', idempotency: { key: 'mine', request: 'x' } });
    }
    assert.deepEqual(
      network.sent.map(({ headers }) => headers.get('idempotency-key')),
      ['mine', 'mine'],
    );
  });

  test('is answered without its bytes when the service has the file already', async () => {
    const answer = json(statOf(bytes.length), { status: 201, headers: { 'idempotent-replayed': 'true' } });
    const { client } = scriptedClient([answer]);
    const idempotency = { key: 'mine', request: 'x' };
    assert.deepEqual(await client.tenant().put([bytes], { name: 'n', idempotency }), statOf(bytes.length));
  });

  test('is none whose source is a stream: what was taken of it is gone', async () => {
    const { client, network } = scriptedClient([networkError('ECONNRESET')]);
    await rejection(client.tenant().put([bytes], { name: 'n' }), 'unavailable');
    assert.equal(network.sent.length, 1);
    assert.equal(network.sent[0]?.headers.get('idempotency-key'), null);
  });
});

describe('progress', () => {
  for (const [what, source] of [
    ['bytes at hand', bytes],
    ['a stream', [bytes]],
  ] as const) {
    test(`of ${what} is told as it is sent, up to the whole`, async () => {
      const told: number[] = [];
      const received: Received[] = [];
      const { client } = scriptedClient([taking(received)]);
      await client.tenant().put(source, { name: 'n', onProgress: (done) => told.push(done) });
      assert.ok(told.length > 1);
      assert.deepEqual(
        told,
        told.toSorted((a, b) => a - b),
      );
      assert.equal(told.at(-1), bytes.length);
      assert.deepEqual(concat(received.map(({ file }) => file)), bytes);
    });
  }

  test('where no stream can be sent is told at the end', async () => {
    const told: number[] = [];
    const { client } = scriptedClient([taking([])], { streams: false });
    await client.tenant().put([bytes], { name: 'n', onProgress: (done) => told.push(done) });
    assert.deepEqual(told, [bytes.length]);
  });
});
