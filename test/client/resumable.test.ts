/** Files that are put over lines that break. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { connect } from '../../src/client/connect.ts';
import type { Client, ConnectOptions } from '../../src/client/connect.ts';
import { Requests } from '../../src/client/requests.ts';
import { putResumable } from '../../src/client/resumable.ts';
import type { Rereadable, Source } from '../../src/client/source.ts';
import { SealroomError } from '../../src/errors.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { lentChunks, patterned } from '../../src/testing/test-bytes.ts';
import { httpApp } from '../support/http-app.ts';
import type { HttpAppOptions, TestService } from '../support/http-app.ts';
import { BreakingFetch } from './breaking-fetch.ts';
import type { Break } from './breaking-fetch.ts';
import { json, networkError, problem, scriptedClient, statOf } from './scripted-fetch.ts';
import type { Reply, Sent } from './scripted-fetch.ts';

const bytes = patterned(150_000);

/** Bytes that can be read again, and count how often they are. */
class CountedSource implements Rereadable {
  readonly #bytes: Uint8Array;
  readonly size: number;
  /** Where each reading began. */
  readonly begun: number[] = [];
  /** Bytes that were handed out, over all readings. */
  taken = 0;

  constructor(content: Uint8Array, size = content.length) {
    this.#bytes = content;
    this.size = size;
  }

  async *slice(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    this.begun.push(start);
    for await (const chunk of lentChunks(this.#bytes.subarray(start, end), 5000)) {
      this.taken += chunk.length;
      yield chunk;
    }
  }
}

interface Connected extends AsyncDisposable {
  readonly service: TestService;
  /** A writer whose network breaks. */
  writer(network: BreakingFetch, options?: Partial<ConnectOptions>): Client;
  /** Looks at the service by a network that works. */
  readonly whole: Client;
  contentOf(id: string): Promise<Uint8Array>;
  /** Ids of uploads that are not complete. */
  unfinished(): Promise<string[]>;
}

async function connected(options: HttpAppOptions = {}): Promise<Connected> {
  const service = await httpApp({ ...options, world: { frameLength: 4096, ...options.world } });
  const url = await service.listen();
  const door = { url, token: service.tokens.writer, retryDelay: 0, resumableAbove: 1000 };
  const whole = connect(door);
  return {
    service,
    whole,
    writer: (network, more) => connect({ ...door, fetch: network.fetch, ...more }),
    contentOf: async (id) => collect((await whole.tenant().get(id)).body),
    unfinished: async () => (await service.vault.uploads('default').list()).map(({ id }) => id),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

const unbroken = (): BreakingFetch => new BreakingFetch(() => undefined);

/** Breaks requests of one method, in this order, and no more. */
function breaking(method: string, ...breaks: (Break | undefined)[]): BreakingFetch {
  return new BreakingFetch((request) => (request.method === method ? breaks.shift() : undefined));
}

const sources: Readonly<Record<string, () => Source>> = {
  'bytes at hand': () => bytes,
  'a Blob': () => new Blob([bytes.slice()]),
  'what can be read again': () => new CountedSource(bytes),
};

// By a clock that goes: a lock that a broken connection leaves behind in the service runs out.
describe('a file that is put over a line that breaks', () => {
  for (const [what, source] of Object.entries(sources)) {
    for (const [how, more] of Object.entries({
      'as a stream': { streams: true },
      'as streams of some bytes': { streams: true, pieceLength: 40_000 },
      'piece by piece, as pages do': { streams: false, pieceLength: 40_000 },
    })) {
      test(`again and again, arrives as it was, from ${what}, ${how}`, async () => {
        await using world = await connected({ world: { uploadSegmentLength: 20_000, now: Date.now } });
        const kinds: Break[] = [{ behind: 17_000 }, 'before', { behind: 0 }, 'after', { behind: 33_333 }];
        let broken = 0;
        // Every second one, but that of which a lost answer leaves another upload behind.
        const network = new BreakingFetch(({ method, index }) =>
          index % 2 === 1 && method !== 'POST' && broken < 12 ? kinds[broken++ % kinds.length] : undefined,
        );
        const { id, size } = await world.writer(network, more).tenant().put(source(), { name: 'n' });
        assert.ok(broken >= 5, `${broken} requests were broken`);
        assert.equal(size, bytes.length);
        assert.deepEqual(await world.contentOf(id), bytes);
        assert.deepEqual(
          (await world.whole.tenant().list()).files.map((file) => file.id),
          [id],
        );
        assert.deepEqual(await world.unfinished(), []);
        await world.service.world.check();
      });
    }
  }

  test('goes on behind what is durable, and reads its source from there', async () => {
    await using world = await connected({ world: { now: Date.now } });
    const network = breaking('PATCH', undefined, { behind: 10_000 });
    const source = new CountedSource(bytes);
    const { id } = await world.writer(network, { pieceLength: 100_000 }).tenant().put(source, { name: 'n' });
    assert.deepEqual(await world.contentOf(id), bytes);
    assert.deepEqual(
      network.passed.map(({ method }) => method),
      ['POST', 'PATCH', 'PATCH', 'HEAD', 'PATCH', 'GET'],
    );
    const offset = Number(network.passed[4]?.headers.get('upload-offset'));
    assert.ok(offset >= 100_000 && offset <= 110_000, `it went on at ${offset}`);
    assert.deepEqual(source.begun, [0, 100_000, offset]);
  });

  test('is there once, though the answer to its last byte was lost', async () => {
    await using world = await connected();
    const network = breaking('PATCH', 'after');
    const { id } = await world.writer(network).tenant().put(bytes, { name: 'n' });
    assert.deepEqual(await world.contentOf(id), bytes);
    assert.equal(network.passed.filter(({ method }) => method === 'PATCH').length, 1);
  });

  test('is begun again where nobody knows whether it was', async () => {
    await using world = await connected();
    const network = breaking('POST', 'before', 'after');
    const { id } = await world.writer(network).tenant().put(bytes, { name: 'n' });
    assert.deepEqual(await world.contentOf(id), bytes);
    assert.equal((await world.unfinished()).length, 1, 'the service gives it up in its time');
  });

  test('tells its progress, up to the whole', async () => {
    await using world = await connected();
    const told: number[] = [];
    await world
      .writer(unbroken())
      .tenant()
      .put(bytes, { name: 'n', onProgress: (done) => told.push(done) });
    assert.deepEqual(
      told,
      told.toSorted((one, other) => one - other),
    );
    assert.ok(told.length > 1);
    assert.equal(told.at(-1), bytes.length);
  });
});

describe('which way a file is put', () => {
  const pathsOf = async (source: Source, more: object = {}): Promise<string[]> => {
    await using world = await connected();
    const network = unbroken();
    const { id } = await world
      .writer(network)
      .tenant()
      .put(source, { name: 'n', ...more });
    const stored = await world.contentOf(id);
    assert.deepEqual(stored, source instanceof Uint8Array ? source : bytes);
    return network.passed.map(({ method, path }) => `${method} ${path.replace(id, 'ID')}`);
  };
  const resumable = ['POST /v1/uploads', 'PATCH /v1/uploads/ID', 'GET /v1/files/ID'];
  const whole = ['POST /v1/files'];

  test('depends on its size', async () => {
    assert.deepEqual(await pathsOf(bytes.subarray(0, 1001)), resumable);
    assert.deepEqual(await pathsOf(bytes.subarray(0, 1000)), whole);
    assert.deepEqual(await pathsOf(new Uint8Array(0)), whole);
  });

  test('is in one request where it cannot be read again, or has a key', async () => {
    assert.deepEqual(await pathsOf([bytes]), whole);
    assert.deepEqual(await pathsOf(lentChunks(bytes, 7001)), whole);
    assert.deepEqual(await pathsOf(new Blob([bytes.slice()]).stream()), whole);
    assert.deepEqual(await pathsOf(bytes, { idempotency: { key: 'k', request: 'r' } }), whole);
  });

  test('is in one request where a header cannot hold what is said of it', async () => {
    assert.deepEqual(await pathsOf(bytes, { tags: { 'a b': '1' } }), whole);
    assert.deepEqual(await pathsOf(bytes, { tags: { 'a,b': '1' } }), whole);
    assert.deepEqual(await pathsOf(bytes, { context: { é: '1' } }), whole);
    assert.deepEqual(await pathsOf(bytes, { metadata: { note: 'x'.repeat(6000) } }), whole);
    assert.deepEqual(await pathsOf(bytes, { metadata: { note: 'x'.repeat(4000) } }), resumable);
  });

  test('makes no difference to what is kept about it', async () => {
    await using world = await connected();
    const said = {
      name: 'ñame "x", y.bin',
      type: 'application/x-test; a=b',
      tags: { plain: '1', '"odd"%22': 'ü', none: '' },
      metadata: { note: 'c\nd', __proto__x: 'p' },
      context: { purpose: 'test = x' },
      expires: '2027-01-01T00:00:00Z',
      retainUntil: '2026-06-01',
    };
    const resumed = await world.writer(unbroken()).tenant().put(bytes, said);
    const sent = await world.writer(unbroken(), { resumableAbove: Infinity }).tenant().put(bytes, said);
    const { id: _, version: __, segments: ___, ...first } = resumed;
    const { id: ____, version: _____, segments: ______, ...second } = sent;
    assert.deepEqual(first, second);
    assert.equal(first.createdBy, 'writer');
  });

  test('makes no difference to what is refused', async () => {
    await using world = await connected({ maxFileSize: 100_000 });
    const files = world.writer(unbroken()).tenant();
    await rejection(files.put(bytes, { name: 'n' }), 'limit');
    const some = bytes.subarray(0, 2000);
    await rejection(files.put(some, { name: '' }), 'usage');
    await rejection(files.put(some, { name: 'n', createdBy: 'me' }), 'usage');
    await rejection(files.put(some, { name: 'a\ud800' }), 'usage');
    await rejection(files.put(some, { name: 'n', expires: '2020-01-01' }), 'usage');
    await rejection(
      world.writer(unbroken(), { token: world.service.tokens.reader }).tenant().put(some, { name: 'n' }),
      'permission',
    );
    assert.deepEqual(await world.unfinished(), []);
  });
});

describe('an upload that is taken up again', () => {
  /** Puts until nothing gets through any more. */
  const interrupted = async (world: Connected, source: Source): Promise<string> => {
    let id: string | undefined;
    const network = new BreakingFetch(({ index }) => (index > 1 ? 'before' : undefined));
    const put = world
      .writer(network, { pieceLength: 40_000 })
      .tenant()
      .put(source, {
        name: 'n',
        onBegun: (upload) => {
          assert.ok(Date.parse(upload.expires!) > world.service.world.clock.time);
          assert.equal(network.passed.length, 1, 'told before a byte was sent');
          id = upload.id;
        },
      });
    await rejection(put, 'unavailable');
    return id!;
  };

  test('is kept for whoever was told of it, and goes on where it was', async () => {
    await using world = await connected();
    const resume = await interrupted(world, bytes);
    assert.deepEqual(await world.unfinished(), [resume]);
    const source = new CountedSource(bytes);
    const told: number[] = [];
    const onProgress = (done: number): void => void told.push(done);
    const stat = await world.writer(unbroken()).tenant().put(source, { name: 'other', resume, onProgress });
    assert.deepEqual([stat.id, stat.name], [resume, 'n']);
    assert.deepEqual(await world.contentOf(resume), bytes);
    assert.deepEqual([source.begun, told[0]], [[40_000], 40_000]);
  });

  test('is the file, where all of it had arrived', async () => {
    await using world = await connected();
    const source = new CountedSource(bytes);
    const stat = await world.writer(unbroken()).tenant().put(source, { name: 'n' });
    assert.deepEqual(await world.writer(unbroken()).tenant().put(source, { name: 'n', resume: stat.id }), stat);
    assert.deepEqual(source.begun, [0]);
  });

  test('is refused for another number of bytes, and for what cannot be read again', async () => {
    await using world = await connected();
    const resume = await interrupted(world, bytes);
    const files = world.writer(unbroken()).tenant();
    await rejection(files.put(bytes.subarray(1), { name: 'n', resume }), 'usage');
    await rejection(files.put([bytes], { name: 'n', resume }), 'usage');
    await rejection(files.put(bytes, { name: 'n', resume, idempotency: { key: 'k', request: 'r' } }), 'usage');
    assert.deepEqual(await world.unfinished(), [resume], 'it may still be gone on with');
  });

  test('is not found, in a plain word, when it was given up', async () => {
    await using world = await connected();
    const resume = await interrupted(world, bytes);
    const files = world.writer(unbroken()).tenant();
    await files.abandonUpload(resume);
    assert.deepEqual(await world.unfinished(), []);
    const { message } = await rejection(files.put(bytes, { name: 'n', resume }), 'not-found');
    assert.equal(message, 'There is no such file.');
    await rejection(files.abandonUpload(resume), 'not-found');
  });

  test('is given up when it fails and nobody was told of it', async () => {
    await using world = await connected();
    const controller = new AbortController();
    const source = new CountedSource(bytes);
    const put = world
      .writer(unbroken())
      .tenant()
      .put(source, {
        name: 'n',
        signal: controller.signal,
        onProgress: () => controller.abort(),
      });
    await rejection(put, 'cancelled');
    assert.deepEqual(await world.unfinished(), []);
    assert.deepEqual((await world.whole.tenant().list()).files, []);
    await world.service.vault.sweep({ grace: 0 });
    assert.equal(world.service.world.blobs.blobs.size, 0);
  });
});

/** The service's answers, as far as the client looks at them. */
const begun = (): Response => new Response(null, { status: 201, headers: { location: '/v1/uploads/f' } });
const durable = (offset: number): Response =>
  new Response(null, { status: 204, headers: { 'upload-offset': String(offset) } });

/** Takes a whole piece. */
async function taken({ init }: Sent): Promise<Response> {
  const body = await new Request('http://x', { method: 'POST', body: init.body!, duplex: 'half' }).arrayBuffer();
  return durable(Number(new Headers(init.headers).get('upload-offset')) + body.byteLength);
}

const scripted = (replies: readonly Reply[], options: Partial<ConnectOptions> = {}) =>
  scriptedClient(replies, { resumableAbove: 10, ...options });

describe('a client that puts in pieces', () => {
  test('sends what the service did not take once more, and says so', async () => {
    const partly = async (sent: Sent): Promise<Response> => {
      await taken(sent);
      return durable(100);
    };
    const { client, network } = scripted([begun, partly, taken, json(statOf(bytes.length))]);
    const told: number[] = [];
    await client.tenant().put(bytes, { name: 'n', onProgress: (done) => told.push(done) });
    assert.deepEqual(told.slice(0, told.indexOf(100) + 1), [131_072, bytes.length, 100]);
    assert.equal(told.at(-1), bytes.length);
    const [, first, second] = network.sent;
    assert.deepEqual([first?.headers.get('upload-offset'), second?.headers.get('upload-offset')], ['0', '100']);
    assert.equal(second?.headers.get('content-length'), String(bytes.length - 100));
    for (const { headers, path } of network.sent.slice(0, 3)) {
      assert.equal(headers.get('tus-resumable'), '1.0.0');
      assert.match(path, /^\/v1\/uploads/);
    }
  });

  test('sends pieces of Blobs as they are, and no larger than it was told', async () => {
    const { client, network } = scripted([begun, taken, taken, taken, () => json(statOf(100))], {
      streams: false,
      pieceLength: 40,
    });
    const told: number[] = [];
    await client.tenant().put(new Blob([bytes.slice(0, 100)]), { name: 'n', onProgress: (done) => told.push(done) });
    const bodies = network.sent.slice(1, 4).map(({ init }) => init.body);
    assert.deepEqual(
      bodies.map((body) => body instanceof Blob && body.size),
      [40, 40, 20],
    );
    assert.deepEqual(told, [40, 80, 100]);
  });

  test('asks how far it got after every failure that passes, and goes on there', async () => {
    const { client, network } = scripted([
      begun,
      networkError('ECONNRESET'),
      networkError('ECONNREFUSED'),
      problem(503, 'unavailable'),
      durable(7),
      problem(409, 'conflict'),
      new Response(null, { status: 409, headers: { 'content-type': 'application/problem+json' } }),
      durable(9),
      taken,
      networkError('ECONNRESET'),
      json(statOf(100)),
    ]);
    await client.tenant().put(bytes.subarray(0, 100), { name: 'n' });
    assert.equal(network.left, 0);
    const sent = network.sent.map(({ method, headers }) => `${method} ${headers.get('upload-offset') ?? ''}`.trim());
    assert.deepEqual(sent, [
      'POST',
      'PATCH 0',
      'HEAD',
      'HEAD',
      'HEAD',
      'PATCH 7',
      'HEAD',
      'HEAD',
      'PATCH 9',
      'GET',
      'GET',
    ]);
  });

  test('gives up after many failures in a row, and counts anew whenever it gets on', async () => {
    const failures = (count: number): Reply[] => Array.from({ length: count }, () => networkError('ECONNREFUSED'));
    const attempts = 14;
    const replies = [
      begun,
      ...failures(attempts - 1),
      durable(50),
      ...failures(attempts - 1),
      durable(50),
      durable(50),
    ];
    const { client, network } = scripted(replies);
    const put = client.tenant().put(bytes.subarray(0, 100), { name: 'n', onBegun: () => undefined });
    await rejection(put, 'in-progress');
    // The last request but one said nothing new, and the last made no progress.
    assert.equal(network.left, 0);
  });

  test('does not ask again what will not change', async () => {
    for (const [status, code] of [
      [401, 'unauthenticated'],
      [403, 'permission'],
      [404, 'not-found'],
      [413, 'quota'],
      [500, 'unexpected'],
    ] as const) {
      const { client, network } = scripted([begun, problem(status, code)]);
      await rejection(client.tenant().put(bytes, { name: 'n', onBegun: () => undefined }), code);
      assert.equal(network.left, 0);
    }
  });

  test('tells whoever would have to wait for more than a minute', async () => {
    const { client } = scripted([begun, problem(429, 'too-many-requests', { 'retry-after': '61' })]);
    await rejection(client.tenant().put(bytes, { name: 'n', onBegun: () => undefined }), 'too-many-requests');
  });

  test('refuses answers that no service gives', async () => {
    const wrong = [
      [new Response(null, { status: 201 })],
      [begun(), durable(bytes.length + 1)],
      [begun(), new Response(null, { status: 204 })],
      [begun(), networkError('ECONNRESET'), new Response(null, { status: 200 })],
    ];
    for (const replies of wrong) {
      const { client, network } = scripted(replies);
      await rejection(client.tenant().put(bytes, { name: 'n', onBegun: () => undefined }), 'unexpected');
      assert.equal(network.left, 0);
    }
  });

  test('tells what its source failed with, and tries no more', async () => {
    const failure = new SealroomError('unavailable', 'the disk is gone');
    const failing: Rereadable = {
      size: 1000,
      // oxlint-disable-next-line require-yield -- a source that fails at once
      async *slice() {
        throw failure;
      },
    };
    for (const streams of [true, false]) {
      const replies = streams ? [begun, brokenByBody] : [begun];
      const { client, network } = scripted(replies, { streams });
      const put = client.tenant().put(failing, { name: 'n', onBegun: () => undefined });
      assert.equal(await rejection(put, 'unavailable'), failure);
      assert.equal(network.left, 0);
    }
  });

  test('refuses a source of another length than it said', async () => {
    for (const size of [bytes.length - 1, bytes.length + 1]) {
      const longer: Rereadable = { size, slice: () => lentChunks(bytes, 1000) };
      for (const resumableAbove of [10, Infinity]) {
        const replies = [...(resumableAbove === 10 ? [begun] : []), brokenByBody];
        const { client } = scripted(replies, { resumableAbove });
        await rejection(client.tenant().put(longer, { name: 'n', onBegun: () => undefined }), 'usage');
      }
    }
  });

  test('tells a page that a file can no longer be read', async () => {
    const failure = new DOMException('changed', 'NotReadableError');
    class GoneFile extends Blob {
      override get size(): number {
        return 1000;
      }
      override slice(): Blob {
        return Object.assign(new GoneFile(), { arrayBuffer: () => Promise.reject(failure) });
      }
    }
    const { client } = scripted([begun], { streams: false });
    const put = client.tenant().put(new GoneFile(), { name: 'n', onBegun: () => undefined });
    await assert.rejects(put, (error) => error === failure);
  });

  test('holds no more of its source than the network takes', async () => {
    const source = new CountedSource(patterned(3_000_000));
    let most = 0;
    const slowly = async ({ init }: Sent): Promise<Response> => {
      let read = 0;
      const reader = (init.body as ReadableStream<Uint8Array>).getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        read += next.value.length;
        most = Math.max(most, source.taken - read);
      }
      return durable(read);
    };
    const { client } = scripted([begun, slowly, json(statOf(source.size))]);
    await client.tenant().put(source, { name: 'n' });
    assert.equal(source.taken, source.size);
    assert.ok(most <= 5000, `${most} bytes were held`);
  });

  test('leaves a line that is silent, and goes on by another', async () => {
    const silent = ({ init }: Sent): Promise<Response> =>
      new Promise((_resolve, reject) => init.signal!.addEventListener('abort', () => reject(init.signal!.reason)));
    const replies: Reply[] = [begun, silent, silent, durable(10), taken, json(statOf(100))];
    const { network } = scripted(replies);
    const requests = new Requests({ base: 'https://x', authorization: 'x', fetch: network.fetch, retryDelay: 0 });
    const context = { requests, base: 'https://x', tenant: undefined, streams: true, pieceLength: Infinity };
    await putResumable({ ...context, longestSilence: 5 }, new Uint8Array(100), { metadata: 'name bg==' });
    assert.deepEqual(
      network.sent.map(({ method }) => method),
      ['POST', 'PATCH', 'HEAD', 'HEAD', 'PATCH', 'GET'],
    );
  });

  test('is cancelled while it waits for a line that is back', async () => {
    const controller = new AbortController();
    const gone = (): never => {
      setImmediate(() => controller.abort());
      throw networkError('ECONNREFUSED');
    };
    const { client } = scripted([begun, gone], { retryDelay: 60_000 });
    const { signal } = controller;
    await rejection(client.tenant().put(bytes, { name: 'n', signal, onBegun: () => undefined }), 'cancelled');
  });
});

/** As fetch does: what a body fails with is the cause of its own error. */
async function brokenByBody({ init }: Sent): Promise<Response> {
  await new Request('http://x', { method: 'POST', body: init.body!, duplex: 'half' })
    .arrayBuffer()
    .catch((error: unknown) => {
      throw new TypeError('fetch failed', { cause: error });
    });
  return assert.fail('the body was to fail');
}
