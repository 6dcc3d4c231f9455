/** Bodies on their way to the client, over real sockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { SealroomError, isSealroomError } from '../../../src/errors.ts';
import { sendBody } from '../../../src/http/content/send.ts';
import { patterned } from '../../../src/testing/test-bytes.ts';
import { TrackedSource, chunked, drain } from '../../support/streams.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Sender extends AsyncDisposable {
  readonly app: FastifyInstance;
  /** A socket of the file system: its buffers are small, and the system tells at once what was read. */
  readonly path: string;
  /** What the app's handler was told of answers that had begun. */
  readonly broken: unknown[];
}

/** A server that answers everything with one body. */
async function sender(
  chunks: AsyncIterable<Uint8Array>,
  { length, idleTimeout = 60_000 }: { readonly length?: number; readonly idleTimeout?: number } = {},
): Promise<Sender> {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'socket');
  const broken: unknown[] = [];
  const app = Fastify({ forceCloseConnections: true });
  app.setErrorHandler((error, _request, reply) => {
    if (!reply.raw.headersSent) return reply.code(422).send('it does not open');
    broken.push(error);
    return undefined;
  });
  app.get('/', (_request, reply) => sendBody(reply, { status: 200, headers: {}, chunks, length }, { idleTimeout }));
  await app.listen({ path });
  const close = async (): Promise<void> => {
    await app.close();
    await folder[Symbol.asyncDispose]();
  };
  return { app, path, broken, [Symbol.asyncDispose]: close };
}

async function request(path: string, agent?: Agent): Promise<IncomingMessage> {
  const [response] = await once(get({ socketPath: path, path: '/', agent: agent ?? false }), 'response');
  return response as IncomingMessage;
}

async function answer(path: string): Promise<{ response: IncomingMessage; bytes: Uint8Array; error: unknown }> {
  const response = await request(path);
  return { response, ...(await drain(response)) };
}

/** A client that has asked and reads nothing yet. */
async function asked(path: string): Promise<Socket> {
  const socket = connect(path).pause();
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  return socket;
}

const CHUNK = patterned(64 * 1024);

/** Gives the same chunk without end. */
class Endless extends TrackedSource {
  readonly left: Promise<void>;
  readonly #leave: () => void;

  constructor() {
    super([]);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.left = promise;
    this.#leave = resolve;
  }

  override [Symbol.asyncIterator](): AsyncIterator<Uint8Array, void> {
    return {
      next: async () => {
        this.taken++;
        return { done: false, value: CHUNK };
      },
      return: async () => {
        this.closed = true;
        this.#leave();
        return { done: true, value: undefined };
      },
    };
  }
}

const GIB = 1024 ** 3;
const plaintext = patterned(1_000_000);
const source = (failure?: Error, chunkLength = 100_000): TrackedSource =>
  new TrackedSource(chunked(plaintext, chunkLength), failure);
const damaged = new SealroomError('damaged', 'a frame does not open');

describe('a body that is sent', { timeout: 60_000 }, () => {
  test('arrives with its length, and without one in chunks', async () => {
    for (const length of [plaintext.length, undefined]) {
      await using server = await sender(source(), length === undefined ? {} : { length });
      const { response, bytes, error } = await answer(server.path);
      assert.equal(error, undefined);
      assert.deepEqual(bytes, plaintext);
      assert.equal(response.headers['content-length'], length === undefined ? undefined : String(length));
      assert.equal(response.headers['transfer-encoding'], length === undefined ? 'chunked' : undefined);
    }
  });

  test('may be empty', async () => {
    for (const chunks of [[], [new Uint8Array(0)]]) {
      await using server = await sender(new TrackedSource(chunks), { length: 0 });
      const { response, bytes, error } = await answer(server.path);
      assert.equal(error, undefined);
      assert.equal(bytes.length, 0);
      assert.equal(response.headers['content-length'], '0');
    }
  });

  test('that fails before its first byte is an error of its own', async () => {
    await using server = await sender(new TrackedSource([], damaged), { length: 10 });
    const { response, error } = await answer(server.path);
    assert.equal(error, undefined);
    assert.equal(response.statusCode, 422);
    assert.equal(response.headers['content-length'], String('it does not open'.length));
  });

  test('that fails at its end is an error of its own while the end is the first that would be sent', async () => {
    await using server = await sender(source(damaged, plaintext.length), { length: plaintext.length });
    const { response } = await answer(server.path);
    assert.equal(response.statusCode, 422);
  });

  test('that fails later, were it after the last byte, never looks complete', async () => {
    for (const length of [plaintext.length, plaintext.length + 1, undefined]) {
      await using server = await sender(source(damaged), length === undefined ? {} : { length });
      const { response, bytes, error } = await answer(server.path);
      assert.equal(response.statusCode, 200);
      assert.ok(error instanceof Error, 'the client sees an error');
      assert.equal(response.complete, false);
      assert.ok(bytes.length < plaintext.length || length === undefined);
      assert.deepEqual(server.broken, [damaged]);
    }
  });

  test('that has not the length it was to have breaks off', async () => {
    for (const length of [plaintext.length - 1, plaintext.length + 1]) {
      await using server = await sender(source(), { length });
      const { response, error } = await answer(server.path);
      assert.ok(error instanceof Error, 'the client sees an error');
      assert.equal(response.complete, false);
      assert.ok(isSealroomError(server.broken[0], 'unexpected'));
    }
  });

  test('waits for its reader: no more is taken from the source than buffers hold', async () => {
    const endless = new Endless();
    await using server = await sender(endless, { length: GIB });
    const client = await asked(server.path);
    let before = -1;
    while (endless.taken !== before) {
      before = endless.taken;
      await after(50);
    }
    assert.ok(endless.taken > 1);
    assert.ok(endless.taken * CHUNK.length < 4 * 1024 * 1024, `${endless.taken} chunks were taken`);
    client.destroy();
    await endless.left;
  });

  test('ends its source when the client goes away, while it waits and while it reads', async () => {
    for (const reads of [false, true]) {
      const endless = new Endless();
      await using server = await sender(endless, { length: GIB });
      const client = await asked(server.path);
      if (reads) {
        client.resume();
        await once(client, 'data');
      }
      client.destroy();
      await endless.left;
      assert.equal(endless.closed, true);
    }
  });
});

describe('a client that is slow', { timeout: 60_000 }, () => {
  test('and reads nothing is cut off, and the source let go', async () => {
    const endless = new Endless();
    await using server = await sender(endless, { length: GIB, idleTimeout: 100 });
    const client = await asked(server.path);
    await endless.left;
    const { bytes } = await drain(client);
    assert.ok(bytes.length < 4 * 1024 * 1024, 'the connection has ended');
    assert.ok(isSealroomError(server.broken[0], 'timed-out'));
  });

  test('and reads nothing is cut off also when the source has ended, and only the last of it waits', async () => {
    // Some of these fit into what the system keeps, some leave a little over, and some much.
    const sizes = Array.from({ length: 12 }, (_, i) => 60_000 + 20_000 * i);
    await Promise.all(
      sizes.map(async (size) => {
        const chunks = new TrackedSource(chunked(patterned(size), 5000));
        await using server = await sender(chunks, { length: size, idleTimeout: 100 });
        const closed = once(server.app.server, 'connection').then(([socket]) => once(socket as Socket, 'close'));
        const client = await asked(server.path);
        await closed;
        assert.equal(chunks.closed, true);
        client.destroy();
      }),
    );
  });

  test('but reads is served to the end, far beyond the time in which it may read nothing', async () => {
    const idleTimeout = 200;
    const body = patterned(3_000_000);
    await using server = await sender(new TrackedSource([body]), { length: body.length, idleTimeout });
    const client = await asked(server.path);
    const began = performance.now();
    let received = 0;
    client.on('readable', () => undefined);
    while (!client.readableEnded && received < body.length) {
      received += (client.read(Math.min(60_000, client.readableLength)) as Buffer | null)?.length ?? 0;
      await after(20);
    }
    assert.deepEqual(server.broken, []);
    assert.ok(received >= body.length);
    assert.ok(performance.now() - began > 3 * idleTimeout, 'it took long enough to tell');
    client.destroy();
  });

  test('is not blamed for a source that is silent', async () => {
    const silent = new TrackedSource([CHUNK, CHUNK]);
    silent.onNext = async (index) => {
      if (index === 1) await after(300);
    };
    await using server = await sender(silent, { length: 2 * CHUNK.length, idleTimeout: 50 });
    const { bytes, error } = await answer(server.path);
    assert.equal(error, undefined);
    assert.equal(bytes.length, 2 * CHUNK.length);
  });

  test('has the time that the server gives idle connections once the answer is over', async () => {
    for (const keepAliveTimeout of [5000, 0]) {
      await using server = await sender(source(), { length: plaintext.length, idleTimeout: 77_000 });
      server.app.server.keepAliveTimeout = keepAliveTimeout;
      const sockets: Socket[] = [];
      server.app.server.on('connection', (socket) => sockets.push(socket));
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      try {
        const response = await request(server.path, agent);
        assert.equal(sockets[0]!.timeout, 77_000);
        await drain(response);
        while (sockets[0]!.timeout === 77_000) await after(1);
        // Node waits a second more than it tells.
        assert.ok([keepAliveTimeout, keepAliveTimeout && keepAliveTimeout + 1000].includes(sockets[0]!.timeout ?? 0));
        await request(server.path, agent);
        assert.equal(sockets.length, 1);
      } finally {
        agent.destroy();
      }
    }
  });
});
