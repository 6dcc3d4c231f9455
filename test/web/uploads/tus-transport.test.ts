/** The transport, by the client of the protocol, over the service itself. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import * as tus from 'tus-js-client';
import { isSealroomError } from '../../../src/errors.ts';
import { patterned } from '../../../src/testing/test-bytes.ts';
import { UnreadableFile } from '../../../web/src/uploads/problems.ts';
import type { Outgoing, SendOptions, Transport } from '../../../web/src/uploads/transport.ts';
import { tusTransport } from '../../../web/src/uploads/tus-transport.ts';
import type { TusClient } from '../../../web/src/uploads/tus-transport.ts';
import { httpApp } from '../../support/http-app.ts';
import type { CallerName, TestService } from '../../support/http-app.ts';
import { closeAtOnce, endpointOf } from '../../support/loopback.ts';

/** Its build for Node knows no files of browsers. */
const client: TusClient = {
  Upload: tus.Upload,
  options: {
    fileReader: {
      openFile: (file: File) =>
        Promise.resolve({
          size: file.size,
          slice: async (start, end) => {
            const bytes = Buffer.from(await file.slice(start, Math.min(end, file.size)).arrayBuffer());
            return { value: Object.assign(bytes, { size: bytes.length }), done: end >= file.size };
          },
          close: () => undefined,
        }),
    },
  },
};

async function transportTo(service: TestService, caller: CallerName = 'writer'): Promise<Transport> {
  return transportAt(await service.listen(), service.tokens[caller]);
}

function transportAt(base: string, token = 'a-token'): Transport {
  return tusTransport({ base, token, fetch, load: () => Promise.resolve(client) });
}

function outgoing(size: number, more: Partial<Outgoing> = {}): Outgoing {
  const name = 'Ordner/ä.txt';
  const file = new File([new Uint8Array(patterned(size))], 'ä.txt', { type: 'text/plain' });
  return { file, name, tenant: 'default', id: undefined, size, ...more };
}

class Told {
  id: string | undefined;
  durable: number[] = [];
  sent: number[] = [];
  readonly stop: AbortController = new AbortController();

  get options(): SendOptions {
    return {
      onBegun: (id) => {
        this.id = id;
      },
      onDurable: (bytes) => void this.durable.push(bytes),
      onSent: (bytes) => void this.sent.push(bytes),
      signal: this.stop.signal,
    };
  }
}

async function contentOf(service: TestService, id: string): Promise<Uint8Array> {
  const answer = await service.inject('writer', { url: `/v1/files/${id}/content` });
  assert.equal(answer.statusCode, 200, answer.body);
  return new Uint8Array(answer.rawPayload);
}

describe('over the service', () => {
  test('a file arrives whole, under the id that was told, with its path and its type', async () => {
    await using service = await httpApp();
    const told = new Told();
    await (await transportTo(service)).send(outgoing(100_000), told.options);
    assert.deepEqual(await contentOf(service, told.id!), patterned(100_000));
    const { name, type } = (await service.inject('writer', { url: `/v1/files/${told.id}` })).json();
    assert.deepEqual([name, type], ['Ordner/ä.txt', 'text/plain']);
    assert.equal(told.durable.at(-1), 100_000);
    assert.equal(told.sent.at(-1), 100_000);
  });

  test('an empty file arrives, too', async () => {
    await using service = await httpApp();
    const told = new Told();
    await (await transportTo(service)).send(outgoing(0), told.options);
    assert.deepEqual(await contentOf(service, told.id!), new Uint8Array(0));
  });

  for (const [how, declared] of [
    ['with its size', 1000],
    ['without its size', null],
  ] as const) {
    test(`an upload that was begun ${how} goes on after what is durable`, async () => {
      await using service = await httpApp();
      const transport = await transportTo(service);
      const id = await begun(service, declared);
      const told = new Told();
      await transport.send(outgoing(1000, { id, size: declared }), told.options);
      assert.equal(told.durable[0], 400);
      assert.ok(told.sent.every((bytes) => bytes >= 400));
      assert.deepEqual(await contentOf(service, id), patterned(1000));
    });
  }

  test('a file whose last answer was lost is found to be there', async () => {
    await using service = await httpApp();
    const transport = await transportTo(service);
    const told = new Told();
    await transport.send(outgoing(1000), told.options);
    await transport.send(outgoing(1000, { id: told.id }), new Told().options);
    const { files } = (await service.inject('writer', { url: '/v1/files' })).json();
    assert.equal(files.length, 1);
  });

  test('an upload that is gone is not begun anew behind the back of whoever sends it', async () => {
    await using service = await httpApp();
    const transport = await transportTo(service);
    const id = await begun(service, 1000);
    await transport.remove({ id, tenant: 'default' });
    const told = new Told();
    await assert.rejects(transport.send(outgoing(1000, { id }), told.options), (error) =>
      isSealroomError(error, 'not-found'),
    );
    assert.equal(told.id, undefined);
    assert.deepEqual(await transport.unfinished('default', told.options), []);
    await assert.rejects(transport.remove({ id, tenant: 'default' }), (error) => isSealroomError(error, 'not-found'));
  });

  test('what is not complete is listed, of the tenant that is named', async () => {
    await using service = await httpApp();
    const transport = await transportTo(service, 'operator');
    const id = await begun(service, 1000);
    const [upload, ...others] = await transport.unfinished('default', new Told().options);
    assert.deepEqual([upload?.id, upload?.name, upload?.size, upload?.offset], [id, 'a.txt', 1000, 400]);
    assert.match(String(upload?.createdBy), /writer/);
    assert.deepEqual(others, []);
    assert.deepEqual(await transport.unfinished('other', new Told().options), []);
  });

  test('refusals are told by their codes', async () => {
    await using service = await httpApp({ maxFileSize: 100 });
    const transport = await transportTo(service);
    const refused = (what: Outgoing, code: string, by = transport): Promise<void> =>
      assert.rejects(by.send(what, new Told().options), { code });
    await refused(outgoing(101), 'limit');
    await refused(outgoing(1, { name: 'a\nb' }), 'usage');
    await refused(outgoing(1, { name: 'x'.repeat(2000) }), 'limit');
    await refused(outgoing(1, { tenant: 'other' }), 'permission');
    const base = await endpointOf(service.app.server);
    await refused(outgoing(1), 'permission', transportAt(base, service.tokens.reader));
    await refused(outgoing(1), 'unauthenticated', transportAt(base, 'sr_unknown'));
  });

  test('an upload that is stopped sends nothing more, and what has arrived stays', async () => {
    await using service = await httpApp();
    const transport = await transportTo(service);
    const told = new Told();
    const sending = transport.send(outgoing(1000), {
      ...told.options,
      onBegun: (id) => {
        told.id = id;
        told.stop.abort(new Error('stopped'));
      },
    });
    await assert.rejects(sending, { message: 'stopped' });
    assert.equal((await transport.unfinished('default', new Told().options))[0]?.id, told.id);
    const before = new Told();
    before.stop.abort(new Error('stopped before'));
    await assert.rejects(transport.send(outgoing(1000), before.options), { message: 'stopped before' });
    assert.equal((await transport.unfinished('default', new Told().options)).length, 1);
  });
});

/** Begins an upload of a pattern, past the transport, of which 400 bytes arrive. */
async function begun(service: TestService, size: number | null): Promise<string> {
  const headers = {
    'tus-resumable': '1.0.0',
    'content-type': 'application/offset+octet-stream',
    'upload-metadata': `filename ${btoa('a.txt')}`,
    ...(size === null ? { 'upload-defer-length': '1' } : { 'upload-length': String(size) }),
  };
  const payload = Buffer.from(patterned(1000).subarray(0, 400));
  const answer = await service.inject('writer', { method: 'POST', url: '/v1/uploads', headers, payload });
  assert.equal(answer.statusCode, 201, answer.body);
  return String(answer.headers.location).split('/').at(-1)!;
}

describe('over something else', () => {
  async function answering(listener: RequestListener, run: (transport: Transport) => Promise<void>): Promise<void> {
    const server = createServer(listener);
    try {
      await run(transportAt(await endpointOf(server)));
    } finally {
      await closeAtOnce(server);
    }
  }

  const failsWith = (code: string, listener: RequestListener, more: Partial<Outgoing> = {}): Promise<void> =>
    answering(listener, (transport) => assert.rejects(transport.send(outgoing(1, more), new Told().options), { code }));

  test('no answer is a line that is lost', () => failsWith('unavailable', (request) => request.destroy()));

  test('an answer that is none of the service is a line that is lost', () =>
    failsWith('unavailable', (_request, response) => response.end('Sign in to this network')));

  test('a proxy without a service behind it is a line that is lost', () =>
    failsWith('unavailable', (_request, response) => response.writeHead(502).end()));

  test('an upload that is locked is busy', () =>
    failsWith('in-progress', (_request, response) => response.writeHead(423).end(), { id: 'x' }));

  test('while the service is away, nothing that was begun is begun anew', async () => {
    const methods: (string | undefined)[] = [];
    await failsWith(
      'unavailable',
      ({ method }, response) => {
        methods.push(method);
        response.writeHead(503).end();
      },
      { id: 'x' },
    );
    assert.deepEqual(methods, ['HEAD']);
  });

  test('a file that cannot be read any more is told from a line that is lost', () =>
    answering(
      (request) => request.destroy(),
      async (transport) => {
        const { file, ...rest } = outgoing(1);
        file.slice = () => {
          throw new DOMException('changed', 'NotReadableError');
        };
        await assert.rejects(transport.send({ ...rest, file }, new Told().options), UnreadableFile);
      },
    ));

  test('the part of the page that sends is asked for again, when it did not load', async () => {
    const load = (): Promise<TusClient> => Promise.reject(new TypeError('failed to fetch'));
    const transport = tusTransport({ base: 'http://127.0.0.1:1', token: 'a-token', fetch, load });
    await assert.rejects(transport.send(outgoing(1), new Told().options), { code: 'unavailable' });
  });
});
