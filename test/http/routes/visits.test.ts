/** A ticket that was used leaves a cookie, by which this one file can be read on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import type { Problem } from '../../../src/http/errors.ts';
import { httpApp } from '../../support/http-app.ts';
import type { CallerName, HttpAppOptions, TestService } from '../../support/http-app.ts';

const CONTENT = Buffer.from('what a player asks for, one range after another');
const HOUR = 3_600_000;

/** A service with a file whose ticket somebody has used. */
class Visited implements AsyncDisposable {
  readonly service: TestService;
  readonly id: string;
  /** With the used ticket. */
  readonly address: string;
  /** The answer that gave the cookie. */
  readonly answer: LightMyRequestResponse;
  readonly cookie: string;

  constructor(parts: Pick<Visited, 'service' | 'id' | 'address' | 'answer'>) {
    this.service = parts.service;
    this.id = parts.id;
    this.address = parts.address;
    this.answer = parts.answer;
    this.cookie = String(parts.answer.headers['set-cookie']).split(';')[0]!;
  }

  static async open(
    { caller = 'reader', headers = {} }: { caller?: CallerName; headers?: Record<string, string> } = {},
    options: HttpAppOptions = {},
  ): Promise<Visited> {
    const service = await httpApp(options);
    const { id } = await service.vault.tenant('default').put(CONTENT, { name: 'film.mp4', type: 'video/mp4' });
    const made = await service.inject(caller, { method: 'POST', url: `/v1/files/${id}/tickets` });
    const address = `/v1/files/${id}/content?ticket=${made.json<{ ticket: string }>().ticket}`;
    const answer = await service.inject(undefined, { url: address, headers });
    return new Visited({ service, id, address, answer });
  }

  /** A request with the cookie, as a browser would make it. */
  get(url: string, headers: Record<string, string> = {}): Promise<LightMyRequestResponse> {
    return this.service.inject(undefined, { url, headers: { cookie: this.cookie, ...headers } });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.service[Symbol.asyncDispose]();
  }
}

function assertRefused(answer: LightMyRequestResponse, what = answer.body): void {
  assert.deepEqual([answer.statusCode, answer.json<Problem>().code], [401, 'unauthenticated'], what);
}

test('a ticket that is used leaves a cookie that no script reads and no other site has sent, for this path and an hour', async () => {
  await using visited = await Visited.open();
  assert.deepEqual([visited.answer.statusCode, visited.answer.rawPayload], [200, CONTENT]);
  const [pair = '', ...attributes] = String(visited.answer.headers['set-cookie']).split('; ');
  assert.match(pair, /^sealroom-visit=[a-z2-7]{16}_[\w-]{43}$/);
  assert.deepEqual(
    new Set(attributes),
    new Set(['Max-Age=3600', `Path=/v1/files/${visited.id}/content`, 'HttpOnly', 'SameSite=Strict']),
  );
});

test('the cookie is sent over TLS only where the ticket was used over TLS, and under the path that a proxy gives', async () => {
  const options = { trustProxy: ['127.0.0.1'], publicUrl: 'https://example.org/files/' };
  await using visited = await Visited.open({ headers: { 'x-forwarded-proto': 'https' } }, options);
  const set = String(visited.answer.headers['set-cookie']);
  assert.match(set, /; Secure/);
  assert.ok(set.includes(`; Path=/files/v1/files/${visited.id}/content;`), set);
});

test('with the cookie the address of the used ticket goes on giving ranges; without it, it does not', async () => {
  await using visited = await Visited.open({ headers: { range: 'bytes=0-' } });
  assert.equal(visited.answer.statusCode, 206);
  for (const start of [30, 5, 0]) {
    const range = await visited.get(visited.address, { range: `bytes=${start}-${start + 9}` });
    assert.deepEqual([range.statusCode, range.rawPayload], [206, CONTENT.subarray(start, start + 10)]);
    assert.equal(range.headers['set-cookie'], undefined, 'the hour is not made longer');
  }
  const etag = `"${visited.id}"`;
  assert.equal((await visited.get(visited.address, { range: 'bytes=40-', 'if-range': etag })).statusCode, 206);
  assert.equal((await visited.get(`${visited.address}&download`)).statusCode, 200);
  assertRefused(await visited.service.inject(undefined, { url: visited.address }));
  assertRefused(await visited.get(visited.address, { cookie: `${visited.cookie}A` }));
  assertRefused(await visited.get(visited.address, { cookie: 'sealroom-visit=made-up' }));
});

test('a second ticket does not end the first visit', async () => {
  await using visited = await Visited.open();
  const { service, id } = visited;
  const made = await service.inject('reader', { method: 'POST', url: `/v1/files/${id}/tickets` });
  const second = await visited.get(`/v1/files/${id}/content?ticket=${made.json<{ ticket: string }>().ticket}`);
  assert.match(String(second.headers['set-cookie']), /^sealroom-visit=/);
  // As browsers do it: the new cookie takes the place of the old one, and goes with the old address.
  const cookie = String(second.headers['set-cookie']).split(';')[0]!;
  assert.notEqual(cookie, visited.cookie);
  assert.equal((await visited.get(visited.address, { cookie })).statusCode, 200);
});

test('the cookie is over after an hour', async () => {
  await using visited = await Visited.open();
  visited.service.world.clock.time += HOUR - 1;
  assert.equal((await visited.get(visited.address)).statusCode, 200);
  visited.service.world.clock.time += 1;
  assertRefused(await visited.get(visited.address));
  assertRefused(await visited.get(`/v1/files/${visited.id}/content`));
});

test('the cookie ends with the token that the ticket was issued to', async () => {
  await using visited = await Visited.open();
  assert.equal((await visited.get(visited.address)).statusCode, 200);
  const tokens = await visited.service.access.tokens.list({ tenant: 'default' });
  await visited.service.access.tokens.revoke(tokens.find(({ name }) => name === 'reader')!.id);
  assertRefused(await visited.get(visited.address));
});

test('the cookie opens neither another file nor one of another tenant', async () => {
  await using visited = await Visited.open({ caller: 'operator' });
  const { service } = visited;
  const { id: other } = await service.vault.tenant('default').put(CONTENT, { name: 'other' });
  const { id: foreign } = await service.vault.tenant('other').put(CONTENT, { name: 'foreign' });
  const ticket = new URL(visited.address, 'http://localhost').search;
  for (const id of [other, foreign, 'nothing']) {
    for (const query of ['', ticket]) assertRefused(await visited.get(`/v1/files/${id}/content${query}`), id);
  }
  // Whoever names a tenant along with the cookie reads the file that it is for, and no other.
  const named = await visited.get(visited.address, { 'sealroom-tenant': 'other' });
  assert.deepEqual([named.statusCode, named.rawPayload], [200, CONTENT]);
});

test('the cookie alone does nothing but read this content: no other route takes it, and nothing is changed by it', async () => {
  await using visited = await Visited.open({ caller: 'admin' });
  const { service, id, cookie } = visited;
  const file = `/v1/files/${id}`;
  for (const [method, url] of [
    ['GET', file],
    ['PATCH', file],
    ['DELETE', file],
    ['HEAD', `${file}/content`],
    ['GET', `${file}/message`],
    ['POST', `${file}/verify`],
    ['POST', `${file}/tickets`],
    ['POST', `${file}/links`],
    ['GET', '/v1/files'],
    ['POST', '/v1/files?name=planted'],
    ['GET', '/v1/tokens'],
    ['POST', '/v1/tokens'],
    ['GET', '/v1/session'],
  ] as const) {
    // A form of another site can send these headers.
    const headers = { cookie, origin: 'https://evil.example', 'content-type': 'text/plain' };
    const answer = await service.inject(undefined, {
      method,
      url,
      headers,
      ...(method !== 'GET' && { payload: '{}' }),
    });
    assert.equal(answer.statusCode, 401, `${method} ${url}`);
  }
  assert.equal((await visited.get(`${file}/content`)).statusCode, 200);
  assert.equal((await service.vault.tenant('default').list()).files.length, 1);
});

test('whoever shows a token is who the token says, whatever cookie comes along', async () => {
  await using visited = await Visited.open();
  const url = `/v1/files/${visited.id}/content`;
  const { cookie, service } = visited;
  assert.equal((await service.inject('other-reader', { url, headers: { cookie } })).statusCode, 404);
  assert.equal((await service.inject('reader', { url, headers: { cookie } })).statusCode, 200);
  assertRefused(await visited.get(url, { authorization: 'Bearer sr_aaaaaaaaaaaaaaaa_x' }));
});

test('a file that was removed is gone for its visitors, too', async () => {
  await using visited = await Visited.open();
  await visited.service.vault.tenant('default').remove(visited.id);
  const answer = await visited.get(visited.address);
  assert.deepEqual([answer.statusCode, answer.json<Problem>().code], [404, 'not-found']);
});

test('a ticket that is refused leaves no cookie', async () => {
  await using visited = await Visited.open();
  const answer = await visited.service.inject(undefined, { url: visited.address });
  assertRefused(answer);
  assert.equal(answer.headers['set-cookie'], undefined);
});

test('made-up cookies count as failed attempts, and visits against the limit of requests', async () => {
  await using visited = await Visited.open({}, { rateLimit: { requests: 14, window: 60_000 } });
  const url = `/v1/files/${visited.id}/content`;
  const from = (cookie: string): Promise<LightMyRequestResponse> =>
    visited.service.inject(undefined, { url, headers: { cookie }, remoteAddress: '192.0.2.7' });
  const guesses = [];
  for (let attempt = 0; attempt < 11; attempt++) guesses.push((await from('sealroom-visit=made-up')).statusCode);
  assert.deepEqual(guesses, [...Array.from({ length: 10 }, () => 401), 429]);
  const visits = [];
  for (let attempt = 0; attempt < 4; attempt++) visits.push((await from(visited.cookie)).statusCode);
  assert.deepEqual(visits, [200, 200, 200, 429]);
});
