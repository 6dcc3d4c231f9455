import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { SealroomError } from '../../../src/errors.ts';
import { createLogger } from '../../../src/http/observe/log.ts';
import type { Vault } from '../../../src/vault/vault.ts';
import { httpApp } from '../../support/http-app.ts';
import type { HttpAppOptions, TestService } from '../../support/http-app.ts';

type Line = Record<string, unknown>;

class Lines {
  text = '';
  readonly write = (line: string): void => void (this.text += line);

  /** All lines once there are so many: a line is written when the connection knows of the end of an answer. */
  async all(count: number): Promise<Line[]> {
    for (;;) {
      const lines = this.text.split('\n').filter((line) => line !== '');
      if (lines.length >= count) return lines.map((line) => JSON.parse(line) as Line);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function logged(options: HttpAppOptions = {}): Promise<{ lines: Lines; service: TestService }> {
  const lines = new Lines();
  const service = await httpApp({ ...options, logger: createLogger({ stream: lines }) });
  return { lines, service };
}

test('each request is one line: the pattern of its route, its outcome, and for whom it was', async () => {
  const { lines, service: made } = await logged();
  await using service = made;
  const { id } = await service.vault.tenant('default').put(Buffer.from('x'), { name: 'n' });
  await service.inject('reader', { url: `/v1/files/${id}?x=y` });
  const [line = {}] = await lines.all(1);
  const { ms, time, requestId, principal, ...rest } = line;
  assert.equal(typeof ms, 'number');
  assert.match(String(time), /^20..-/);
  assert.match(String(requestId), /^[0-9a-f-]{36}$/);
  assert.ok(service.tokens.reader.includes(`_${String(principal)}_`));
  assert.deepEqual(rest, {
    level: 30,
    method: 'GET',
    route: '/v1/files/:id',
    tenant: 'default',
    file: id,
    status: 200,
    complete: true,
    received: 0,
    sent: 0,
    msg: 'answered',
  });
});

test('bytes are counted as they were on the connection', async () => {
  const { lines, service: made } = await logged();
  await using service = made;
  const url = await service.listen();
  for (const length of [100_000, 200_000]) {
    const body = new Uint8Array(length);
    const response = await fetch(`${url}/v1/files?name=n`, { method: 'POST', headers: service.as('writer'), body });
    const { id } = (await response.json()) as { id: string };
    await (await fetch(`${url}/v1/files/${id}/content`, { headers: service.as('reader') })).arrayBuffer();
  }
  const counts = (await lines.all(4)).map(({ received, sent }) => [Number(received), Number(sent)] as const);
  const within = (value: number, length: number): boolean => value >= length && value < length + 3000;
  for (const [index, length] of [100_000, 200_000].entries()) {
    const [up, down] = counts.slice(2 * index);
    assert.ok(within(up![0], length) && within(up![1], 0), `up ${up!.join()}`);
    assert.ok(within(down![0], 0) && within(down![1], length), `down ${down!.join()}`);
  }
});

test('no name, token, secret, key or value of a client is in any line', async () => {
  const { lines, service: made } = await logged();
  await using service = made;
  const marks = ['marked-name', 'marked-tag', 'marked-context', 'marked-key', 'marked-query', 'marked-header'];
  const created = await service.inject('writer', {
    method: 'POST',
    url: '/v1/files?name=marked-name.txt&tag.k=marked-tag&context.k=marked-context',
    headers: { 'content-type': 'text/plain', 'idempotency-key': 'marked-key', 'x-marked': 'marked-header' },
    payload: 'marked-content',
  });
  assert.equal(created.statusCode, 201);
  const { id } = created.json<{ id: string }>();
  const link = await service.inject('writer', {
    method: 'POST',
    url: `/v1/files/${id}/links`,
    payload: { expires: new Date(service.world.clock.now() + 60_000).toISOString() },
  });
  const { secret } = link.json<{ secret: string }>();
  const ticket = await service.inject('reader', { method: 'POST', url: `/v1/files/${id}/tickets` });
  const requests = [
    { url: `/s/${secret}` },
    { url: `/s/${secret}?download` },
    { url: `/v1/files/${id}/content?ticket=${ticket.json<{ ticket: string }>().ticket}` },
    { url: '/v1/files?q=marked-query' },
    { url: '/v1/files/marked-query' },
    { url: '/marked-query' },
    { url: '/v1/%zz-marked-query' },
    { url: '/v1/files?limit=marked-query' },
    { url: '/v1/session', headers: { authorization: 'Bearer marked-token' } },
  ];
  for (const request of requests) await service.inject('reader', request);
  const all = await lines.all(11);
  assert.ok(all.some(({ route }) => route === '/s/:secret'));
  assert.ok(all.some(({ file }) => file === id));
  const secrets = Object.values(service.tokens).map((token) => token.slice(token.indexOf('_', 'sr_'.length) + 1));
  for (const mark of [...marks, 'marked', secret, ticket.json<{ ticket: string }>().ticket, ...secrets]) {
    assert.ok(!lines.text.includes(mark), mark);
  }
});

test('what the service has to answer for is logged with where it came from, and without texts that are not ours', async () => {
  const failures = [
    new SealroomError('unavailable', 'the store is silent', { cause: new Error('marked: from a library') }),
    new TypeError('marked: nobody knows what is in it'),
    'marked: no error at all',
  ];
  let failure: unknown;
  const { lines, service: made } = await logged({
    replace: (vault): Vault => ({ ...vault, tenantStats: () => Promise.reject(failure) }),
  });
  await using service = made;
  for (failure of failures) await service.inject('operator', { url: '/v1/tenants' });
  const errors = (await lines.all(6)).filter(({ msg }) => msg === 'failed').map(({ error }) => error as Line);
  assert.equal(errors.length, 3);
  assert.equal(errors[0]?.['code'], 'unavailable');
  assert.equal(errors[0]?.['message'], 'the store is silent');
  assert.equal(errors[1]?.['name'], 'TypeError');
  assert.match(JSON.stringify(errors[1]?.['at']), /log\.test\.ts/);
  assert.doesNotMatch(lines.text, /marked/);
});

test('what a client did wrong is no failure of the service', async () => {
  const { lines, service: made } = await logged();
  await using service = made;
  await service.inject(undefined, { url: '/v1/session' });
  await service.inject('reader', { url: '/v1/tokens' });
  const all = await lines.all(2);
  assert.deepEqual(
    all.map(({ msg, status }) => [msg, status]),
    [
      ['answered', 401],
      ['answered', 403],
    ],
  );
});

test('a client that goes away before the end is told from one that was answered', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<AbortSignal | undefined>();
  const { lines, service: made } = await logged({
    replace: (vault): Vault => ({
      ...vault,
      tenantStats: (options) => {
        resolve(options?.signal);
        return new Promise((_, reject) => {
          options?.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error));
        });
      },
    }),
  });
  await using service = made;
  const { port } = new URL(await service.listen());
  const socket = connect({ host: '127.0.0.1', port: Number(port) });
  await once(socket, 'connect');
  const { authorization } = service.as('operator');
  socket.write(`GET /v1/tenants HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\n\r\n`);
  const signal = await asked;
  socket.destroy();
  const all = await lines.all(1);
  assert.equal(signal?.aborted, true, 'the vault was told');
  assert.deepEqual(
    all.map(({ msg, status, complete }) => [msg, status, complete]),
    [['answered', 499, false]],
  );
});
