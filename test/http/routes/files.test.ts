/** Looking at files, changing what is kept about them, removing and verifying them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import type { Listing, Stat } from '../../../src/vault/files.ts';
import { httpApp } from '../../support/http-app.ts';
import { replacedFiles } from '../../support/replaced-files.ts';
import type { CallerName, TestService } from '../../support/http-app.ts';

function ask(
  service: TestService,
  options: InjectOptions,
  caller: CallerName = 'writer',
): Promise<LightMyRequestResponse> {
  return service.inject(caller, options);
}

async function put(service: TestService, name: string): Promise<Stat> {
  return service.vault.tenant('default').put(Buffer.from(name), { name, tags: { a: '1' } });
}

function assertProblem(answer: LightMyRequestResponse, [status, code]: readonly [number, string]): void {
  assert.deepEqual([answer.statusCode, answer.json().code], [status, code], answer.body);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
}

test('a file is looked at by its id, with its version as the entity tag', async () => {
  await using service = await httpApp();
  const stat = await put(service, 'a');
  const answer = await ask(service, { method: 'GET', url: `/v1/files/${stat.id}` }, 'reader');
  assert.equal(answer.statusCode, 200);
  assert.deepEqual(answer.json(), stat);
  assert.equal(answer.headers.etag, `"${stat.version}"`);
  assert.equal(answer.headers['cache-control'], 'no-store');
});

test('ids that are none, of no file, or of another tenant’s file are answered alike', async () => {
  await using service = await httpApp();
  const { id } = await put(service, 'a');
  const absent = '01890a5d-ac96-774b-bcce-b302099a8057';
  for (const method of ['GET', 'PATCH', 'DELETE', 'POST'] as const) {
    const ending = method === 'POST' ? '/verify' : '';
    const payload = method === 'PATCH' ? { payload: { name: 'x' } } : {};
    const answers = [
      await ask(service, { method, url: `/v1/files/${absent}${ending}`, ...payload }),
      await ask(service, { method, url: `/v1/files/${id}${ending}`, ...payload }, 'other-admin'),
      await ask(service, { method, url: `/v1/files/..%2f..%2fetc%2fpasswd${ending}`, ...payload }),
      await ask(service, { method, url: `/v1/files/%00${ending}`, ...payload }),
      await ask(service, { method, url: `/v1/files/${'i'.repeat(10_000)}${ending}`, ...payload }),
    ];
    for (const answer of answers) assertProblem(answer, [404, 'not-found']);
  }
  assert.equal((await service.vault.tenant('default').stat(id)).name, 'a');
});

test('files are listed in pages, newest first, and by what is in their names', async () => {
  await using service = await httpApp();
  const stats: Stat[] = [];
  for (const name of ['one.txt', 'two.TXT', 'three.jpg']) {
    service.world.clock.time += 1000;
    stats.unshift(await put(service, name));
  }
  const list = async (query: string): Promise<Listing> => {
    const answer = await ask(service, { method: 'GET', url: `/v1/files${query}` }, 'reader');
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.headers['cache-control'], 'no-store');
    return answer.json<Listing>();
  };
  assert.deepEqual(await list(''), { files: stats, unreadable: [] });
  const first = await list('?limit=2');
  assert.deepEqual(first.files, stats.slice(0, 2));
  assert.deepEqual((await list(`?limit=2&cursor=${first.cursor}`)).files, stats.slice(2));
  assert.deepEqual(
    (await list('?q=.txt')).files.map(({ name }) => name),
    ['two.TXT', 'one.txt'],
  );
  assert.deepEqual((await list('?limit=1000')).files.length, 3);
  assert.deepEqual((await ask(service, { method: 'GET', url: '/v1/files' }, 'other-admin')).json(), {
    files: [],
    unreadable: [],
  });
});

test('a listing that cannot be asked for is refused', async () => {
  await using service = await httpApp();
  const bad = ['limit=0', 'limit=1001', 'limit=-1', 'limit=1.5', 'limit=0x10', 'limit=', 'limit=10&limit=20'];
  for (const query of [...bad, 'cursor=x', 'cursor=', 'q=%ff', 'q=a&q=b', 'unknown=1', '__proto__=1']) {
    assertProblem(await ask(service, { method: 'GET', url: `/v1/files?${query}` }, 'reader'), [400, 'usage']);
  }
});

test('name, type, tags and metadata are changed, each alone or together', async () => {
  await using service = await httpApp();
  const before = await put(service, 'a');
  const url = `/v1/files/${before.id}`;
  const renamed = await ask(service, { method: 'PATCH', url, payload: { name: 'b' } });
  assert.equal(renamed.statusCode, 200, renamed.body);
  const { version, ...rest } = renamed.json<Stat>();
  assert.notEqual(version, before.version);
  assert.equal(renamed.headers.etag, `"${version}"`);
  assert.deepEqual({ ...rest, version: before.version }, { ...before, name: 'b' });
  const changes = { name: 'c', type: 'x/y', tags: {}, metadata: { m: '1' } };
  const changed = (await ask(service, { method: 'PATCH', url, payload: changes })).json<Stat>();
  assert.deepEqual(changed, { ...before, ...changes, version: changed.version });
  assert.deepEqual(changed, await service.vault.tenant('default').stat(before.id));
});

test('changes that cannot be made are refused, and change nothing', async () => {
  await using service = await httpApp();
  const before = await put(service, 'a');
  const bodies: [unknown, readonly [number, string]][] = [
    [{ name: '' }, [400, 'usage']],
    [{ name: 'a\r\nb' }, [400, 'usage']],
    [{ name: 'a\0' }, [400, 'usage']],
    [{ name: 1 }, [400, 'usage']],
    [{ name: null }, [400, 'usage']],
    [{ tags: { a: 1 } }, [400, 'usage']],
    [{ tags: [] }, [400, 'usage']],
    [{ size: 1 }, [400, 'usage']],
    [{ expires: '2030-01-01T00:00:00Z' }, [400, 'usage']],
    [{ name: 'b', createdBy: 'me' }, [400, 'usage']],
    [[], [400, 'usage']],
    ['{"name":"b","__proto__":{"x":1}}', [400, 'usage']],
    ['{"tags":{"__proto__":"x"}}', [400, 'usage']],
    ['{"name":"\\ud800"}', [400, 'usage']],
    ['{"name":', [400, 'usage']],
    ['', [400, 'usage']],
    [{ name: 'n'.repeat(10_000) }, [413, 'limit']],
    [{ tags: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`t${i}`, 'v'])) }, [413, 'limit']],
    [{ metadata: { m: 'm'.repeat(300_000) } }, [413, 'limit']],
  ];
  for (const [body, expected] of bodies) {
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    const headers = { 'content-type': 'application/json' };
    assertProblem(await ask(service, { method: 'PATCH', url: `/v1/files/${before.id}`, payload, headers }), expected);
  }
  const text = { payload: 'name=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  assertProblem(await ask(service, { method: 'PATCH', url: `/v1/files/${before.id}`, ...text }), [
    415,
    'unsupported-media-type',
  ]);
  assert.deepEqual(await service.vault.tenant('default').stat(before.id), before);
});

test('If-Match holds changes to the version that is meant', async () => {
  await using service = await httpApp();
  const { id, version } = await put(service, 'a');
  const url = `/v1/files/${id}`;
  const patch = (match: string, name: string): Promise<LightMyRequestResponse> =>
    ask(service, { method: 'PATCH', url, payload: { name }, headers: { 'if-match': match } });
  const remove = (match: string): Promise<LightMyRequestResponse> =>
    ask(service, { method: 'DELETE', url, headers: { 'if-match': match } });
  for (const match of ['"other"', version, `W/"${version}"`, '""', 'x', '"a", "b"']) {
    assertProblem(await patch(match, 'never'), [412, 'precondition-failed']);
    assertProblem(await remove(match), [412, 'precondition-failed']);
  }
  const second = await patch(`"${version}"`, 'b');
  assert.equal(second.statusCode, 200, second.body);
  assertProblem(await patch(`"${version}"`, 'c'), [412, 'precondition-failed']);
  assert.equal((await patch('*', 'd')).statusCode, 200);
  const { version: third } = await service.vault.tenant('default').stat(id);
  assert.equal((await patch(`"other", W/"x", "${third}"`, 'e')).statusCode, 200);
  assertProblem(await remove(`"${third}"`), [412, 'precondition-failed']);
  const { version: fourth } = await service.vault.tenant('default').stat(id);
  assert.equal((await remove(`"${fourth}"`)).statusCode, 204);
  assertProblem(await remove('*'), [404, 'not-found']);
});

test('If-None-Match holds changes and looks to what has another version', async () => {
  await using service = await httpApp();
  const { id, version } = await service.vault.tenant('default').put(Buffer.from('x'), { name: 'n' });
  const url = `/v1/files/${id}`;
  const statusOf = async (method: 'GET' | 'PATCH' | 'DELETE', tags: string): Promise<number> => {
    const body = method === 'PATCH' ? { payload: { name: 'other' } } : {};
    return (await service.inject('writer', { method, url, headers: { 'if-none-match': tags }, ...body })).statusCode;
  };
  for (const tags of ['*', `"${version}"`, `W/"${version}"`, `"x", "${version}"`]) {
    assert.equal(await statusOf('GET', tags), 304);
    assert.equal(await statusOf('PATCH', tags), 412);
    assert.equal(await statusOf('DELETE', tags), 412);
  }
  assert.equal((await service.vault.tenant('default').stat(id)).version, version);
  assert.equal(await statusOf('GET', '"another"'), 200);
  assert.equal(await statusOf('PATCH', '"another"'), 200);
  assert.equal(await statusOf('DELETE', '"another"'), 204);
});

test('a change that comes between a version being read and being changed is not overwritten', async () => {
  let change: (() => Promise<unknown>) | undefined;
  await using service = await httpApp({
    replace: (vault) =>
      replacedFiles(vault, (files) => ({
        stat: async (id, options) => {
          const stat = await files.stat(id, options);
          await change?.();
          return stat;
        },
      })),
  });
  const { id, version } = await put(service, 'a');
  change = () => service.vault.tenant('default').update(id, { name: 'theirs' });
  const headers = { 'if-match': `"${version}"` };
  const patched = await ask(service, { method: 'PATCH', url: `/v1/files/${id}`, payload: { name: 'ours' }, headers });
  assertProblem(patched, [412, 'precondition-failed']);
  change = undefined;
  assert.equal((await service.vault.tenant('default').stat(id)).name, 'theirs');
});

test('a file that is removed is gone, and its bytes with it', async () => {
  await using service = await httpApp();
  const { id } = await put(service, 'a');
  const answer = await ask(service, { method: 'DELETE', url: `/v1/files/${id}` });
  assert.equal(answer.statusCode, 204);
  assert.equal(answer.body, '');
  assertProblem(await ask(service, { method: 'DELETE', url: `/v1/files/${id}` }), [404, 'not-found']);
  assert.deepEqual(service.world.blobs.keys(), []);
});

test('a file that is retained stays', async () => {
  await using service = await httpApp();
  const retainUntil = new Date(service.world.clock.time + 1000).toISOString();
  const { id } = await service.vault.tenant('default').put(Buffer.from('x'), { name: 'a', retainUntil });
  assertProblem(await ask(service, { method: 'DELETE', url: `/v1/files/${id}` }), [409, 'retained']);
  service.world.clock.time += 1000;
  assert.equal((await ask(service, { method: 'DELETE', url: `/v1/files/${id}` })).statusCode, 204);
});

test('a reader changes nothing', async () => {
  await using service = await httpApp();
  const { id } = await put(service, 'a');
  const url = `/v1/files/${id}`;
  assertProblem(await ask(service, { method: 'PATCH', url, payload: { name: 'b' } }, 'reader'), [403, 'permission']);
  assertProblem(await ask(service, { method: 'DELETE', url }, 'reader'), [403, 'permission']);
  assert.equal((await service.vault.tenant('default').stat(id)).name, 'a');
});

test('a file is verified to its last frame', async () => {
  await using service = await httpApp();
  const stat = await service.vault.tenant('default').put(Buffer.alloc(100), { name: 'a' });
  const url = `/v1/files/${stat.id}/verify`;
  const answer = await ask(service, { method: 'POST', url }, 'reader');
  assert.equal(answer.statusCode, 200, answer.body);
  assert.deepEqual(answer.json(), { stat, frames: 7 });
});

test('a file that was damaged does not verify, and the answer does not say how', async () => {
  await using service = await httpApp();
  const { id } = await service.vault.tenant('default').put(Buffer.alloc(100), { name: 'a' });
  const { blobs } = service.world.blobs;
  for (const [key, bytes] of blobs) blobs.set(key, bytes.slice(0, -1));
  const answer = await ask(service, { method: 'POST', url: `/v1/files/${id}/verify` }, 'reader');
  assertProblem(answer, [422, 'cannot-open']);
  assert.doesNotMatch(answer.body, /tag|frame|trailing|truncated/);
});
