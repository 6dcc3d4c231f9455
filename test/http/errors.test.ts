import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SealroomError, errorTable } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import type { Problem } from '../../src/http/errors.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { httpApp } from '../support/http-app.ts';
import type { TestService } from '../support/http-app.ts';

/** A service whose list of tenants fails with what `failure` gives. */
function failingWith(failure: () => unknown): Promise<TestService> {
  const tenantStats = (): Promise<never> => Promise.reject(failure());
  return httpApp({ replace: (vault): Vault => ({ ...vault, tenantStats }) });
}

const codes = Object.keys(errorTable) as ErrorCode[];

test('an error of Sealroom is answered with the status and code of the table, as problem+json', async () => {
  let code: ErrorCode = 'unexpected';
  await using service = await failingWith(() => new SealroomError(code, 'what happened'));
  for (code of codes) {
    const response = await service.inject('operator', { url: '/v1/tenants' });
    const problem = response.json<Problem>();
    const told: ErrorCode = errorTable[code].exit === 4 ? 'cannot-open' : code;
    assert.equal(response.headers['content-type'], 'application/problem+json', code);
    assert.equal(response.headers['cache-control'], 'no-store', code);
    assert.equal(problem.code, told);
    assert.equal(problem.status, errorTable[told].status, code);
    assert.equal(response.statusCode, problem.status, code);
    assert.equal(problem.type, 'about:blank', code);
    assert.match(problem.requestId, /^[0-9a-f-]{36}$/, code);
  }
});

test('what does not open is worded alike, whatever the reason', async () => {
  let code: ErrorCode = 'damaged';
  await using service = await failingWith(() => new SealroomError(code, `reason: ${code}`));
  const bodies = new Set<string>();
  for (code of codes.filter((each) => errorTable[each].exit === 4)) {
    const { requestId: _, ...problem } = (await service.inject('operator', { url: '/v1/tenants' })).json<Problem>();
    bodies.add(JSON.stringify(problem));
  }
  assert.equal(bodies.size, 1);
  assert.doesNotMatch([...bodies].join(), /reason/);
});

test('what the service has to answer for is told in fixed words', async () => {
  const secrets = [
    new SealroomError('unavailable', '/srv/sealed/blobs: it broke'),
    new SealroomError('bad-configuration', '/srv/sealed/sealroom.json: keys'),
    new SealroomError('permission', '/srv/sealed/blobs: access is denied', { cause: new Error('EACCES') }),
    new Error('/srv/sealed: nobody thought of this'),
    'thrown text /srv/sealed',
  ];
  let failure: unknown;
  await using service = await failingWith(() => failure);
  for (failure of secrets) {
    const response = await service.inject('operator', { url: '/v1/tenants' });
    assert.ok(response.statusCode >= 500, String(failure));
    assert.doesNotMatch(response.body, /srv/, String(failure));
  }
});

test('an unavailable store is told with a time to come back', async () => {
  await using service = await failingWith(() => new SealroomError('unavailable', 'silent'));
  const response = await service.inject('operator', { url: '/v1/tenants' });
  assert.equal(response.headers['retry-after'], '1');
});

test('a conflict is a precondition that failed where the request has If-Match, and a conflict otherwise', async () => {
  await using service = await failingWith(() => new SealroomError('conflict', 'it was changed'));
  const bare = await service.inject('operator', { url: '/v1/tenants' });
  const conditional = await service.inject('operator', { url: '/v1/tenants', headers: { 'if-match': '"x"' } });
  assert.deepEqual([bare.statusCode, bare.json<Problem>().code], [409, 'conflict']);
  assert.deepEqual([conditional.statusCode, conditional.json<Problem>().code], [412, 'precondition-failed']);
});

test('bodies that are no JSON, of another type, too large or of the wrong shape are each a clear 4xx', async () => {
  await using service = await httpApp();
  const type = { 'content-type': 'application/json' };
  const cases = [
    { payload: '{', headers: type, expect: [400, 'usage'] },
    { payload: '', headers: type, expect: [400, 'usage'] },
    { payload: '{"__proto__":{"role":"admin"}}', headers: type, expect: [400, 'usage'] },
    { payload: '{"constructor":{"prototype":{"role":"admin"}}}', headers: type, expect: [400, 'usage'] },
    { payload: '{"role":"king"}', headers: type, expect: [400, 'usage'] },
    { payload: '{"role":"reader","more":1}', headers: type, expect: [400, 'usage'] },
    { payload: `{"role":"${'x'.repeat(300_000)}"}`, headers: type, expect: [413, 'limit'] },
    { payload: '<token/>', headers: { 'content-type': 'text/xml' }, expect: [415, 'unsupported-media-type'] },
  ];
  for (const { expect, ...request } of cases) {
    const response = await service.inject('operator', { method: 'POST', url: '/v1/tokens', ...request });
    const { code, status } = response.json<Problem>();
    assert.deepEqual([response.statusCode, code], expect, request.payload.slice(0, 40));
    assert.equal(status, response.statusCode);
  }
  assert.equal((await service.access.tokens.list()).length, Object.keys(service.tokens).length, 'nothing was made');
});

test('an address that cannot be read is answered like every other error', async () => {
  await using service = await httpApp();
  const response = await service.inject(undefined, { url: '/v1/files/%zz' });
  assert.deepEqual([response.statusCode, response.json<Problem>().code], [400, 'usage']);
  assert.equal(response.headers['x-content-type-options'], 'nosniff');
});

test('an id of any length is one that is unknown', async () => {
  await using service = await httpApp();
  const response = await service.inject('reader', { url: `/v1/files/${'a'.repeat(10_000)}` });
  assert.deepEqual([response.statusCode, response.json<Problem>().code], [404, 'not-found']);
});
