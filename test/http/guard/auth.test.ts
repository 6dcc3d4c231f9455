import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SealroomError } from '../../../src/errors.ts';
import type { Problem } from '../../../src/http/errors.ts';
import { bearer, httpApp } from '../../support/http-app.ts';
import type { CallerName } from '../../support/http-app.ts';

const session = { url: '/v1/session' };

test('a token says who calls', async () => {
  await using service = await httpApp();
  const response = await service.inject('writer', session);
  const { id, ...rest } = response.json<{ id: string }>();
  assert.match(id, /^[a-z2-7]{16}$/);
  assert.ok(service.tokens.writer.startsWith(`sr_${id}_`));
  assert.deepEqual(rest, { name: 'writer', tenant: 'default', role: 'writer' });
  assert.equal(response.headers['cache-control'], 'no-store');
});

test('without a valid token the answer is 401, and says how to prove who one is', async () => {
  await using service = await httpApp();
  const { writer } = service.tokens;
  const values = [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Basic ${Buffer.from(`a:${writer}`).toString('base64')}`,
    writer,
    `Bearer ${writer.slice(0, -1)}`,
    `Bearer ${writer}x`,
    `Bearer ${writer}, Bearer ${writer}`,
    'Bearer sr_aaaaaaaaaaaaaaaa_x',
  ];
  for (const authorization of values) {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const response = await service.inject(undefined, { ...session, headers });
    assert.equal(response.statusCode, 401, String(authorization));
    assert.equal(response.headers['www-authenticate'], 'Bearer realm="sealroom"');
    assert.equal(response.json<Problem>().code, 'unauthenticated');
  }
});

test('the name of the scheme is taken in any case', async () => {
  await using service = await httpApp();
  const headers = { authorization: `bEARER ${service.tokens.reader}` };
  assert.equal((await service.inject(undefined, { ...session, headers })).statusCode, 200);
});

test('a token is refused from the moment it is revoked or has expired', async () => {
  await using service = await httpApp();
  const { now } = service.world.clock;
  const expires = new Date(now() + 60_000).toISOString();
  const short = await service.access.tokens.create({ role: 'reader', tenant: 'default', expires });
  const long = await service.access.tokens.create({ role: 'reader', tenant: 'default' });
  const statusOf = async (token: string): Promise<number> =>
    (await service.inject(undefined, { ...session, headers: bearer(token) })).statusCode;
  assert.deepEqual([await statusOf(short.token), await statusOf(long.token)], [200, 200]);
  await service.access.tokens.revoke(long.id);
  assert.equal(await statusOf(long.token), 401);
  service.world.clock.time += 61_000;
  assert.equal(await statusOf(short.token), 401);
});

test('a tenant is named by an operator only; anyone else names his own or none', async () => {
  await using service = await httpApp();
  const { id } = await service.vault.tenant('other').put(Buffer.from('x'), { name: 'n' });
  const url = `/v1/files/${id}`;
  const statusOf = async (caller: CallerName, tenant?: string): Promise<number> => {
    const headers = tenant === undefined ? {} : { 'sealroom-tenant': tenant };
    return (await service.inject(caller, { url, headers })).statusCode;
  };
  assert.equal(await statusOf('operator', 'other'), 200);
  assert.equal(await statusOf('operator'), 404);
  assert.equal(await statusOf('operator', 'default'), 404);
  assert.equal(await statusOf('operator', 'nobody'), 404);
  assert.equal(await statusOf('operator', 'No Name'), 400);
  assert.equal(await statusOf('other-reader'), 200);
  assert.equal(await statusOf('other-reader', 'other'), 200);
  assert.equal(await statusOf('reader'), 404);
  assert.equal(await statusOf('reader', 'other'), 403);
  assert.equal(await statusOf('reader', 'nobody'), 403, 'the same, whether there is one or not');
});

test("another tenant's file is answered exactly like none", async () => {
  await using service = await httpApp();
  const { id } = await service.vault.tenant('other').put(Buffer.from('x'), { name: 'n' });
  const absent = id.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
  const answerTo = async (file: string): Promise<string> => {
    const { statusCode, headers, body } = await service.inject('admin', { url: `/v1/files/${file}` });
    const { date: _, ...kept } = headers;
    const neutral = body.replaceAll(file, 'ID').replace(/"requestId":"[^"]*"/, '');
    return JSON.stringify([statusCode, kept, neutral]);
  };
  assert.equal(await answerTo(id), await answerTo(absent));
  assert.match(await answerTo(id), /^\[404/);
});

test('after too many failures from one address further ones are answered 429, and valid tokens go on working', async () => {
  await using service = await httpApp();
  const guess = { ...session, headers: bearer('sr_aaaaaaaaaaaaaaaa_guess') };
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 12; attempt++) statuses.push((await service.inject(undefined, guess)).statusCode);
  assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 401), 429, 429]);
  const refused = await service.inject(undefined, guess);
  assert.equal(refused.json<Problem>().code, 'too-many-requests');
  assert.ok(Number(refused.headers['retry-after']) > 0);
  assert.equal((await service.inject('reader', session)).statusCode, 200);
  const elsewhere = await service.inject(undefined, { ...guess, remoteAddress: '192.0.2.7' });
  assert.equal(elsewhere.statusCode, 401);
  service.world.clock.time += 60_001;
  assert.equal((await service.inject(undefined, guess)).statusCode, 401);
});

test('without a token nothing counts as a failed attempt', async () => {
  await using service = await httpApp();
  for (let attempt = 0; attempt < 15; attempt++) {
    assert.equal((await service.inject(undefined, session)).statusCode, 401);
  }
});

test('an address named by a proxy counts only where proxies are believed', async () => {
  const guess = (forwarded: string): Parameters<typeof service.inject>[1] => ({
    ...session,
    headers: { ...bearer('sr_aaaaaaaaaaaaaaaa_guess'), 'x-forwarded-for': forwarded },
  });
  await using service = await httpApp();
  await using behind = await httpApp({ trustProxy: ['127.0.0.1'] });
  for (let attempt = 0; attempt < 10; attempt++) {
    await service.inject(undefined, guess(`192.0.2.${attempt}`));
    await behind.inject(undefined, guess(`192.0.2.${attempt}`));
  }
  assert.equal((await service.inject(undefined, guess('192.0.2.99'))).statusCode, 429);
  assert.equal((await behind.inject(undefined, guess('192.0.2.99'))).statusCode, 401);
});

test('a store that does not answer is no reason to call a token invalid', async () => {
  await using service = await httpApp();
  const access = { ...service.access, authenticate: () => Promise.reject(unavailable()) };
  await using broken = await httpApp({ access });
  assert.equal((await broken.inject('reader', session)).statusCode, 503);
});

function unavailable(): SealroomError {
  return new SealroomError('unavailable', 'the store is silent');
}
