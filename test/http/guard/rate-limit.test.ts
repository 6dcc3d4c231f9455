import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '../../../src/http/errors.ts';
import { bearer, httpApp } from '../../support/http-app.ts';

const rateLimit = { requests: 3, window: 60_000 };
const session = { url: '/v1/session' };

test('nothing is limited unless a limit is set', async () => {
  await using service = await httpApp();
  for (let request = 0; request < 50; request++) {
    assert.equal((await service.inject('reader', session)).statusCode, 200);
  }
});

test('whoever asks more often than the limit is answered 429, with a time to come back', async () => {
  await using service = await httpApp({ rateLimit });
  const statuses: number[] = [];
  for (let request = 0; request < 5; request++) statuses.push((await service.inject('reader', session)).statusCode);
  assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
  const refused = await service.inject('reader', session);
  assert.equal(refused.json<Problem>().code, 'too-many-requests');
  assert.ok(Number(refused.headers['retry-after']) >= 1);
});

test('each token has its own share, wherever it is used from', async () => {
  await using service = await httpApp({ rateLimit });
  for (let request = 0; request < 3; request++) {
    const remoteAddress = `192.0.2.${request}`;
    assert.equal((await service.inject('reader', { ...session, remoteAddress })).statusCode, 200);
  }
  assert.equal((await service.inject('reader', { ...session, remoteAddress: '192.0.2.9' })).statusCode, 429);
  assert.equal((await service.inject('writer', session)).statusCode, 200);
});

test('whoever shows no token, or a false one for another, uses up the share of his address only', async () => {
  await using service = await httpApp({ rateLimit });
  const [, id] = service.tokens.reader.split('_');
  for (let request = 0; request < 3; request++) {
    assert.equal((await service.inject(undefined, session)).statusCode, 401);
    const forged = { ...session, headers: bearer(`sr_${id}_${'a'.repeat(52)}`) };
    assert.equal((await service.inject(undefined, forged)).statusCode, 401);
  }
  assert.equal((await service.inject(undefined, session)).statusCode, 429);
  assert.equal((await service.inject(undefined, { ...session, remoteAddress: '192.0.2.9' })).statusCode, 401);
  assert.equal((await service.inject('reader', session)).statusCode, 200);
});

test('what is no token counts for the address, as no token at all does', async () => {
  await using service = await httpApp({ rateLimit });
  const statuses: number[] = [];
  for (const authorization of ['Basic eDp5', 'Bearer', 'Bearer a, Bearer b', 'x']) {
    statuses.push((await service.inject(undefined, { ...session, headers: { authorization } })).statusCode);
  }
  assert.deepEqual(statuses, [401, 401, 401, 429]);
});

test('pages for everyone count by address, whatever token is shown', async () => {
  await using service = await httpApp({ rateLimit });
  const statuses: number[] = [];
  for (let request = 0; request < 4; request++) {
    const headers = bearer(`made-up-${request}`);
    statuses.push((await service.inject(undefined, { url: '/s/nothing', headers })).statusCode);
  }
  assert.deepEqual(statuses, [404, 404, 404, 429]);
});

test('whoever looks after the service is not limited', async () => {
  await using service = await httpApp({ rateLimit });
  for (let request = 0; request < 10; request++) {
    assert.equal((await service.inject(undefined, { url: '/healthz' })).statusCode, 200);
    assert.equal((await service.inject(undefined, { url: '/readyz' })).statusCode, 200);
  }
});
