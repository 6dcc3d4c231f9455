import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NewToken, TokenInfo } from '../../../src/access/access.ts';
import type { Problem } from '../../../src/http/errors.ts';
import { PausedSource } from '../../../src/testing/test-bytes.ts';
import type { Tenant } from '../../../src/vault/item-kinds.ts';
import type { TenantStat } from '../../../src/vault/tenant-stats.ts';
import { bearer, httpApp } from '../../support/http-app.ts';
import type { CallerName, TestService } from '../../support/http-app.ts';

async function create(
  service: TestService,
  caller: CallerName,
  payload: object,
): Promise<[number, NewToken & Problem]> {
  const response = await service.inject(caller, { method: 'POST', url: '/v1/tokens', payload });
  return [response.statusCode, response.json<NewToken & Problem>()];
}

test('a token that was made is told once, has its address, and works', async () => {
  await using service = await httpApp();
  const payload = { role: 'reader', name: 'for the archive', expires: '2026-02-01T00:00:00Z' };
  const response = await service.inject('admin', { method: 'POST', url: '/v1/tokens', payload });
  const { id, token, ...rest } = response.json<NewToken>();
  assert.equal(response.statusCode, 201);
  assert.equal(response.headers.location, `/v1/tokens/${id}`);
  assert.equal(response.headers['cache-control'], 'no-store');
  assert.deepEqual(rest, {
    name: 'for the archive',
    tenant: 'default',
    role: 'reader',
    createdAt: '2026-01-02T03:04:05.000Z',
    createdBy: 'admin',
    expires: '2026-02-01T00:00:00.000Z',
  });
  const used = await service.inject(undefined, { url: '/v1/session', headers: bearer(token) });
  assert.deepEqual(used.json(), { id, name: 'for the archive', tenant: 'default', role: 'reader' });
  const listed = await service.inject('admin', { url: '/v1/tokens' });
  assert.ok(!listed.body.includes(token));
  assert.ok(listed.json<{ tokens: TokenInfo[] }>().tokens.some((each) => each.id === id));
});

test("an admin makes his own tenant's tokens, and none of another or of the vault itself", async () => {
  await using service = await httpApp();
  assert.equal((await create(service, 'admin', { role: 'admin' }))[1].tenant, 'default');
  assert.equal((await create(service, 'admin', { role: 'writer', tenant: 'default' }))[0], 201);
  for (const tenant of ['other', 'nobody', '*']) {
    const [status, problem] = await create(service, 'admin', { role: 'reader', tenant });
    assert.deepEqual([status, problem.code], [403, 'permission'], tenant);
  }
  for (const caller of ['reader', 'writer', 'monitor'] as const) {
    assert.equal((await create(service, caller, { role: 'reader' }))[0], 403, caller);
  }
  assert.ok((await service.access.tokens.list({ tenant: 'other' })).every(({ createdBy }) => createdBy === null));
});

test('the operator makes tokens of any tenant that exists, and of the vault itself', async () => {
  await using service = await httpApp();
  const tenantOf = async (payload: object): Promise<string> => (await create(service, 'operator', payload))[1].tenant;
  assert.equal(await tenantOf({ role: 'reader' }), 'default');
  assert.equal(await tenantOf({ role: 'reader', tenant: 'other' }), 'other');
  assert.equal(await tenantOf({ role: 'admin', tenant: '*' }), '*');
  assert.deepEqual((await create(service, 'operator', { role: 'reader', tenant: 'nobody' }))[1].code, 'no-tenant');
  const headers = { 'sealroom-tenant': 'other' };
  const request = { method: 'POST', url: '/v1/tokens', payload: { role: 'reader' }, headers } as const;
  assert.equal((await service.inject('operator', request)).json<NewToken>().tenant, 'other');
});

test("an admin sees his own tenant's tokens only", async () => {
  await using service = await httpApp();
  const tenantsSeen = async (caller: CallerName, query = ''): Promise<Set<string>> => {
    const response = await service.inject(caller, { url: `/v1/tokens${query}` });
    return new Set(response.json<{ tokens: TokenInfo[] }>().tokens.map(({ tenant }) => tenant));
  };
  assert.deepEqual(await tenantsSeen('admin'), new Set(['default']));
  assert.deepEqual(await tenantsSeen('other-admin'), new Set(['other']));
  assert.deepEqual(await tenantsSeen('operator'), new Set(['default', 'other', '*']));
  assert.deepEqual(await tenantsSeen('operator', '?tenant=other'), new Set(['other']));
  assert.deepEqual(await tenantsSeen('operator', '?tenant=*'), new Set(['*']));
  assert.equal((await service.inject('admin', { url: '/v1/tokens?tenant=other' })).statusCode, 403);
  assert.equal((await service.inject('admin', { url: '/v1/tokens?tenant=*' })).statusCode, 403);
  assert.equal((await service.inject('writer', { url: '/v1/tokens' })).statusCode, 403);
});

test("an admin revokes his own tenant's tokens only; another's is like none", async () => {
  await using service = await httpApp();
  const idOf = (caller: CallerName): string => service.tokens[caller].split('_')[1]!;
  const revoke = async (caller: CallerName, id: string): Promise<[number, string | undefined]> => {
    const response = await service.inject(caller, { method: 'DELETE', url: `/v1/tokens/${id}` });
    return [response.statusCode, response.body === '' ? undefined : response.json<Problem>().code];
  };
  assert.deepEqual(await revoke('admin', idOf('other-reader')), [404, 'not-found']);
  assert.deepEqual(await revoke('admin', idOf('operator')), [404, 'not-found']);
  assert.deepEqual(await revoke('admin', 'aaaaaaaaaaaaaaaa'), [404, 'not-found']);
  assert.deepEqual(await revoke('admin', 'no id'), [404, 'not-found']);
  assert.deepEqual(await revoke('writer', idOf('reader')), [403, 'permission']);
  assert.equal((await service.inject('other-reader', { url: '/v1/session' })).statusCode, 200);
  assert.deepEqual(await revoke('admin', idOf('reader')), [204, undefined]);
  assert.equal((await service.inject('reader', { url: '/v1/session' })).statusCode, 401);
  assert.deepEqual(await revoke('operator', idOf('other-reader')), [204, undefined]);
  assert.equal((await service.inject('other-reader', { url: '/v1/session' })).statusCode, 401);
});

test('tenants are made, listed, described and limited by the operator', async () => {
  await using service = await httpApp();
  const post = (payload: object): ReturnType<typeof service.inject> =>
    service.inject('operator', { method: 'POST', url: '/v1/tenants', payload });
  const made = await post({ name: 'third', quota: { bytes: 1000, files: null } });
  assert.deepEqual([made.statusCode, made.headers.location], [201, '/v1/tenants/third']);
  const third = { name: 'third', createdAt: '2026-01-02T03:04:05.000Z', quota: { bytes: 1000, files: null } };
  assert.deepEqual(made.json(), third);
  assert.deepEqual((await service.inject('operator', { url: '/v1/tenants/third' })).json(), { ...third, usage: null });
  const { tenants } = (await service.inject('operator', { url: '/v1/tenants' })).json<{ tenants: Tenant[] }>();
  assert.deepEqual(
    tenants.map(({ name }) => name),
    ['default', 'other', 'third'],
  );
  const patch = (url: string, quota: unknown): ReturnType<typeof service.inject> =>
    service.inject('operator', { method: 'PATCH', url, payload: { quota } });
  assert.deepEqual((await patch('/v1/tenants/third', { bytes: 5, files: 6 })).json<Tenant>().quota, {
    bytes: 5,
    files: 6,
  });
  const named = (await patch('/v1/tenants/third', { bytes: 5 })).json<Tenant>().quota;
  assert.deepEqual(named, { bytes: 5, files: null }, 'what is not named has no limit');
  assert.equal((await patch('/v1/tenants/third', null)).json<Tenant>().quota, null);
  assert.equal((await patch('/v1/tenants/third', { bytes: -1, files: null })).statusCode, 400);
  assert.equal((await patch('/v1/tenants/nobody', null)).json<Problem>().code, 'no-tenant');
  assert.equal((await post({ name: 'third' })).json<Problem>().code, 'exists');
  assert.equal((await post({ name: 'No Name' })).statusCode, 400);
  assert.equal((await post({ name: '*' })).statusCode, 400);
  assert.equal((await service.inject('operator', { url: '/v1/tenants/nobody' })).json<Problem>().code, 'no-tenant');
});

test('what tenants with a quota hold is told in the list, and of the others it is counted when asked', async () => {
  await using service = await httpApp();
  const usages = async (): Promise<unknown> => {
    const { tenants } = (await service.inject('operator', { url: '/v1/tenants' })).json<{ tenants: TenantStat[] }>();
    return Object.fromEntries(tenants.map(({ name, usage }) => [name, usage]));
  };
  const put = (caller: CallerName, payload: string): Promise<unknown> =>
    service.inject(caller, {
      method: 'POST',
      url: '/v1/files?name=n.txt',
      payload,
      headers: { 'content-type': 'text/plain' },
    });
  const usageOf = (name: string): ReturnType<typeof service.inject> =>
    service.inject('operator', { url: `/v1/tenants/${name}/usage` });
  await put('writer', 'before');
  await put('other-writer', 'of another tenant');
  assert.deepEqual(await usages(), { default: null, other: null });
  assert.deepEqual((await usageOf('default')).json(), { bytes: 6, files: 1 });
  await service.vault.setQuota('default', { bytes: 1000, files: null });
  assert.deepEqual(await usages(), { default: null, other: null });
  assert.deepEqual((await usageOf('default')).json(), { bytes: 6, files: 1 });
  await put('writer', 'since');
  assert.deepEqual(await usages(), { default: { bytes: 11, files: 2 }, other: null });
  const one = await service.inject('operator', { url: '/v1/tenants/default' });
  assert.deepEqual(one.json<TenantStat>().usage, { bytes: 11, files: 2 });
  assert.deepEqual((await usageOf('other')).json(), { bytes: 17, files: 1 });
  for (const name of ['nobody', 'No%20Name', '*']) {
    assert.equal((await usageOf(name)).json<Problem>().code, 'no-tenant', name);
  }
});

test('an admin counts by key the files of his own tenant, the operator those of the one he names', async () => {
  await using service = await httpApp();
  const { keys } = await service.vault.tenant('default').put([], { name: 'n' });
  for (let i = 0; i < 2; i++) await service.vault.tenant('other').put([], { name: 'n' });
  await service.vault.uploads('other').begin({ name: 'n', size: 1 });
  const countsFor = async (caller: CallerName, tenant?: string): Promise<unknown> => {
    const headers = tenant === undefined ? {} : { 'sealroom-tenant': tenant };
    return (await service.inject(caller, { url: '/v1/keys', headers })).json();
  };
  const counted = (files: number, uploads: number): unknown => ({
    keys: keys.map(({ provider, name }) => ({ provider, name, files, uploads })),
    files,
    uploads,
    unlisted: 0,
    unreadable: 0,
  });
  assert.deepEqual(await countsFor('admin'), counted(1, 0));
  assert.deepEqual(await countsFor('other-admin'), counted(2, 1));
  assert.deepEqual(await countsFor('operator'), counted(1, 0));
  assert.deepEqual(await countsFor('operator', 'other'), counted(2, 1));
  assert.equal(((await countsFor('admin', 'other')) as Problem).code, 'permission');
  assert.equal(((await countsFor('operator', 'nobody')) as Problem).code, 'no-tenant');
});

test('the journal is told in numbers and seconds, without a name of anything', async () => {
  await using service = await httpApp();
  const { id } = await service.vault.tenant('default').put([], { name: 'n' });
  const source = new PausedSource(new Uint8Array(10));
  const putting = service.vault.tenant('default').put(source, { name: 'half' });
  await source.paused;
  service.world.clock.time += 1500;
  const told = await service.inject('operator', { url: '/v1/journal' });
  assert.deepEqual(told.json(), {
    writing: { entries: 1, due: 0, oldest: 1.5 },
    removing: { entries: 0, due: 0, oldest: null },
    grace: 86_400,
  });
  source.resume();
  await putting;
  assert.ok(!told.body.includes(id));
});

test('tenants and sweeps are the business of the operator alone', async () => {
  await using service = await httpApp();
  const requests = [
    { url: '/v1/tenants' },
    { url: '/v1/tenants/default' },
    { url: '/v1/tenants/default/usage' },
    { url: '/v1/journal' },
    { method: 'POST', url: '/v1/tenants', payload: { name: 'mine' } },
    { method: 'PATCH', url: '/v1/tenants/default', payload: { quota: null } },
    { method: 'POST', url: '/v1/sweeps', payload: { grace: 0 } },
  ] as const;
  for (const request of requests) {
    assert.equal((await service.inject(undefined, request)).statusCode, 401, request.url);
    for (const caller of ['reader', 'writer', 'admin', 'other-admin', 'monitor'] as const) {
      assert.equal((await service.inject(caller, request)).statusCode, 403, `${caller} ${request.url}`);
    }
  }
  assert.deepEqual(
    (await service.vault.tenants()).map(({ name }) => name),
    ['default', 'other'],
  );
});

test('a sweep is told its grace time in seconds, and reports what it did', async () => {
  const graces: (number | undefined)[] = [];
  await using service = await httpApp({
    replace: (vault) => ({
      ...vault,
      sweep: (options) => {
        graces.push(options?.grace);
        return vault.sweep(options);
      },
    }),
  });
  const sweep = (payload?: object): ReturnType<typeof service.inject> =>
    service.inject('operator', { method: 'POST', url: '/v1/sweeps', ...(payload && { payload }) });
  const response = await sweep();
  const nothing = { expired: 0, claimed: 0, finished: 0, waiting: 0, ignored: 0, failed: [] };
  assert.deepEqual([response.statusCode, response.json()], [200, nothing]);
  await sweep({});
  await sweep({ grace: 1.5 });
  await sweep({ grace: 0 });
  assert.equal((await sweep({ grace: -1 })).statusCode, 400);
  assert.deepEqual(graces, [undefined, undefined, 1500, 0]);
});
