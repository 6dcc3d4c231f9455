import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import type { Stat } from '../../../src/vault/files.ts';
import { httpApp } from '../../support/http-app.ts';
import type { TestService } from '../../support/http-app.ts';
import { RawClient } from '../../support/raw-client.ts';

const DAY = 24 * 60 * 60 * 1000;

function put(
  service: TestService,
  options: InjectOptions = {},
  caller: 'writer' | 'other-writer' = 'writer',
): Promise<LightMyRequestResponse> {
  const headers = { 'idempotency-key': 'k', 'content-type': 'text/plain', ...options.headers };
  return service.inject(caller, {
    method: 'POST',
    url: '/v1/files?name=a&type=x/y',
    payload: 'hello',
    ...options,
    headers,
  });
}

async function count(service: TestService, tenant = 'default'): Promise<number> {
  return (await service.vault.tenant(tenant).list()).files.length;
}

test('the same request again gives the first answer, and stores nothing more', async () => {
  await using service = await httpApp();
  const first = await put(service);
  assert.equal(first.statusCode, 201);
  assert.equal(first.headers['idempotent-replayed'], undefined);
  for (const options of [{}, { url: '/v1/files?type=x/y&name=a' }, { headers: { 'idempotency-key': '"k"' } }]) {
    const again = await put(service, options);
    assert.equal(again.statusCode, 201);
    assert.equal(again.headers['idempotent-replayed'], 'true');
    assert.equal(again.headers.location, first.headers.location);
    assert.equal(again.body, first.body);
  }
  assert.equal(await count(service), 1);
  await service.world.check();
});

test('another request under the key is refused', async () => {
  await using service = await httpApp();
  await put(service);
  const others: InjectOptions[] = [
    { url: '/v1/files?name=b&type=x/y' },
    { url: '/v1/files?name=a' },
    { headers: { 'content-type': 'text/html' } },
    { payload: 'hello!' },
    { headers: { 'content-digest': 'sha-512=:AAAA:' } },
  ];
  for (const other of others) {
    const answer = await put(service, other);
    assert.deepEqual([answer.statusCode, answer.json().code], [422, 'key-reused']);
  }
  assert.equal(await count(service), 1);
});

test('a key is one of its tenant, and is forgotten after a day', async () => {
  await using service = await httpApp();
  const first = await put(service);
  const other = await put(service, {}, 'other-writer');
  assert.equal(other.headers['idempotent-replayed'], undefined);
  assert.equal(await count(service, 'other'), 1);
  service.world.clock.time += DAY + 1000;
  const later = await put(service);
  assert.equal(later.statusCode, 201);
  assert.notEqual(later.json<Stat>().id, first.json<Stat>().id);
});

test('a request that failed is no first one', async () => {
  await using service = await httpApp();
  const failed = await put(service, {
    headers: { 'content-digest': 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:' },
  });
  assert.equal(failed.json().code, 'digest-mismatch');
  const retried = await put(service);
  assert.equal(retried.statusCode, 201);
  assert.equal(retried.headers['idempotent-replayed'], undefined);
});

test('a form that is sent again with another boundary is the same request', async () => {
  await using service = await httpApp();
  const send = (boundary: string): Promise<LightMyRequestResponse> =>
    put(service, {
      payload: `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--${boundary}--\r\n`,
      url: '/v1/files',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    });
  const first = await send('aaa');
  assert.equal(first.statusCode, 201, first.body);
  const again = await send('bbb');
  assert.equal(again.headers['idempotent-replayed'], 'true');
  assert.equal(again.body, first.body);
});

test('while the first is being answered the second is told to wait, and a replay does not wait for its body', async () => {
  await using service = await httpApp();
  const { server } = service.app;
  const head = [
    'POST /v1/files?name=a HTTP/1.1',
    'Host: x',
    `Authorization: ${service.as('writer').authorization}`,
    'Idempotency-Key: k',
    'Content-Length: 5',
    '',
    '',
  ].join('\r\n');
  await using first = await RawClient.connect(server);
  // The first holds the key once it is told to go on with its body; until then the second might be the first.
  await first.send(head.replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n'));
  assert.equal((await first.answer()).status, 100);
  await first.send('he');
  await using second = await RawClient.connect(server);
  await second.send(`${head}hello`);
  const told = await second.answer();
  assert.deepEqual([told.status, JSON.parse(told.body).code], [409, 'in-progress']);
  assert.equal(told.headers.get('retry-after'), '1');
  await first.send('llo');
  const stored = await first.answer();
  assert.equal(stored.status, 201);

  await using third = await RawClient.connect(server);
  await third.send(head);
  const replayed = await third.answer();
  assert.equal(replayed.headers.get('idempotent-replayed'), 'true');
  assert.equal(replayed.body, stored.body);
  assert.equal(await count(service), 1);
});

test('a form with other fields is another request, though it is as long', async () => {
  await using service = await httpApp();
  const form = (name: string, boundary: string): InjectOptions => ({
    url: '/v1/files',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    payload: [
      `--${boundary}\r\nContent-Disposition: form-data; name="name"\r\n\r\n${name}\r\n`,
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nhello\r\n--${boundary}--\r\n`,
    ].join(''),
  });
  const first = await put(service, form('a.txt', 'one'));
  assert.equal(first.statusCode, 201, first.body);
  assert.equal((await put(service, form('a.txt', 'two'))).json().id, first.json().id);
  const other = await put(service, form('b.txt', 'one'));
  assert.deepEqual([other.statusCode, other.json().code], [422, 'key-reused']);
});
