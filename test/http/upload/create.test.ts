import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { collect } from '../../../src/bytes.ts';
import type { Stat } from '../../../src/vault/files.ts';
import { patterned } from '../../../src/testing/test-bytes.ts';
import { httpApp } from '../../support/http-app.ts';
import type { TestService } from '../../support/http-app.ts';

const digest = (bytes: Uint8Array | string): string =>
  `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;

function put(service: TestService, url: string, options: InjectOptions = {}): Promise<LightMyRequestResponse> {
  return service.inject('writer', { method: 'POST', url: `/v1/files${url}`, payload: 'hello', ...options });
}

async function bytesOf(service: TestService, { id }: Stat): Promise<Buffer> {
  const { body } = await service.vault.tenant('default').get(id);
  return Buffer.from(await collect(body));
}

/** Refused with this code, and nothing is there that was not there before. */
async function assertRefused(
  service: TestService,
  answer: LightMyRequestResponse,
  [status, code]: readonly [number, string],
): Promise<void> {
  assert.equal(answer.statusCode, status, answer.body);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  assert.equal(answer.json().code, code);
  assert.deepEqual((await service.vault.tenant('default').list()).files, []);
  assert.deepEqual(service.world.blobs.keys(), []);
}

test('a body of any type is stored as it was sent, and the answer describes the file', async () => {
  await using service = await httpApp();
  const bytes = patterned(100_000);
  const answer = await put(service, '?name=a.bin', {
    payload: Buffer.from(bytes),
    headers: { 'content-type': 'x/y; a=b' },
  });
  assert.equal(answer.statusCode, 201);
  const stat = answer.json<Stat>();
  assert.equal(answer.headers.location, `/v1/files/${stat.id}`);
  assert.equal(answer.headers.etag, `"${stat.version}"`);
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.equal(answer.headers['idempotent-replayed'], undefined);
  assert.deepEqual(stat, await service.vault.tenant('default').stat(stat.id));
  assert.deepEqual(
    { name: stat.name, type: stat.type, size: stat.size, createdBy: stat.createdBy },
    { name: 'a.bin', type: 'x/y; a=b', size: 100_000, createdBy: 'writer' },
  );
  assert.deepEqual(await bytesOf(service, stat), Buffer.from(bytes));
  await service.world.check();
});

test('everything that can be said of a file can be said in the query', async () => {
  await using service = await httpApp();
  const query = new URLSearchParams({
    name: 'ü/€ 100%+.txt',
    type: 'text/x',
    'tag.a': '1',
    'tag.b.c': '',
    'metadata.m': 'line\nbreak',
    'context.c': 'public',
    retainUntil: '2026-06-01T00:00:00Z',
    expires: '2026-07-01T00:00:00Z',
  });
  const answer = await put(service, `?${query.toString()}`, { headers: { 'content-type': 'text/plain' } });
  assert.equal(answer.statusCode, 201, answer.body);
  const stat = answer.json<Stat>();
  assert.equal(stat.name, 'ü/€ 100%+.txt');
  assert.equal(stat.type, 'text/x');
  assert.deepEqual(stat.tags, { a: '1', 'b.c': '' });
  assert.deepEqual(stat.metadata, { m: 'line\nbreak' });
  assert.deepEqual(stat.context, { c: 'public' });
  assert.deepEqual([stat.retainUntil, stat.expires], ['2026-06-01T00:00:00.000Z', '2026-07-01T00:00:00.000Z']);
});

test('without a type it is bytes, and no bytes are a file too', async () => {
  await using service = await httpApp();
  for (const headers of [{}, { 'content-length': '0' }]) {
    const answer = await service.inject('writer', { method: 'POST', url: '/v1/files?name=empty', headers });
    assert.equal(answer.statusCode, 201, answer.body);
    const stat = answer.json<Stat>();
    assert.deepEqual([stat.size, stat.type], [0, 'application/octet-stream']);
  }
});

test('a type that says nothing of the file gives way to what its name stands for', async () => {
  await using service = await httpApp();
  const typeOf = async (name: string, type?: string, query = ''): Promise<string> => {
    const headers = type === undefined ? {} : { 'content-type': type };
    const url = `/v1/files?name=${name}${query}`;
    const answer = await service.inject('writer', { method: 'POST', url, headers, payload: 'x' });
    assert.equal(answer.statusCode, 201, answer.body);
    return answer.json<Stat>().type;
  };
  assert.equal(await typeOf('a.pdf'), 'application/pdf');
  assert.equal(await typeOf('a.pdf', 'application/x-www-form-urlencoded'), 'application/pdf');
  assert.equal(await typeOf('a.pdf', 'Application/Octet-Stream'), 'application/pdf');
  assert.equal(await typeOf('a.pdf', 'text/plain; charset=utf-8'), 'text/plain; charset=utf-8');
  assert.equal(await typeOf('a.pdf', 'text/plain', '&type=application/octet-stream'), 'application/octet-stream');
  assert.equal(await typeOf('key'), 'application/octet-stream');
  assert.equal(await typeOf('unknown', 'application/x-www-form-urlencoded'), 'application/octet-stream');
});

test('types that Fastify would parse elsewhere are bytes here', async () => {
  await using service = await httpApp();
  for (const type of ['application/json', 'text/plain; charset=utf-8', 'application/x-www-form-urlencoded; a=b']) {
    const payload = Buffer.from('{"not json');
    const answer = await put(service, '?name=a', { payload, headers: { 'content-type': type } });
    assert.equal(answer.statusCode, 201, answer.body);
    assert.equal(answer.json<Stat>().type, type);
    assert.deepEqual(await bytesOf(service, answer.json<Stat>()), payload);
  }
});

test('the name may come by Content-Disposition, and the query goes before it', async () => {
  await using service = await httpApp();
  const headers = { 'content-disposition': `attachment; filename="x.txt"; filename*=UTF-8''%e2%82%ac.txt` };
  assert.equal((await put(service, '', { headers })).json<Stat>().name, '€.txt');
  assert.equal((await put(service, '?name=y', { headers })).json<Stat>().name, 'y');
});

test('names that look like paths, markup or other names are kept as names and nothing else', async () => {
  await using service = await httpApp();
  for (const name of [
    '../../etc/passwd',
    '/etc/passwd',
    '..\\..\\boot.ini',
    '.',
    '<script>',
    '"; filename=x',
    '%2e%2e',
  ]) {
    const answer = await put(service, `?name=${encodeURIComponent(name)}`);
    assert.equal(answer.statusCode, 201, answer.body);
    assert.equal(answer.json<Stat>().name, name);
  }
});

test('what cannot be said of a file is refused before anything is kept', async () => {
  await using service = await httpApp();
  const tags = (count: number): string => Array.from({ length: count }, (_, i) => `tag.t${i}=v`).join('&');
  const cases: [string, readonly [number, string]][] = [
    ['', [400, 'usage']],
    ['?name=', [400, 'usage']],
    ['?name=a&name=b', [400, 'usage']],
    ['?name=a&tag.x=1&tag.x=2', [400, 'usage']],
    ['?name=a&nmae=b', [400, 'usage']],
    ['?name=a&__proto__=b', [400, 'usage']],
    ['?name=a%00b', [400, 'usage']],
    ['?name=a%0d%0ab', [400, 'usage']],
    ['?name=a%0ab', [400, 'usage']],
    ['?name=%ff', [400, 'usage']],
    ['?name=%c3%28', [400, 'usage']],
    ['?name=%', [400, 'usage']],
    ['?name=%ed%a0%80', [400, 'usage']],
    ['?name=a&tag.%ff=b', [400, 'usage']],
    ['?name=a&type=%00', [400, 'usage']],
    ['?name=a&type=%c3%bc', [400, 'usage']],
    ['?name=a&context.sealroom:file=b', [400, 'usage']],
    ['?name=a&context.aws-crypto-public-key=b', [400, 'usage']],
    ['?name=a&expires=soon', [400, 'usage']],
    ['?name=a&expires=2026-06-01T00:00:00Z&retainUntil=2026-07-01T00:00:00Z', [400, 'usage']],
    [`?name=${'n'.repeat(10_000)}`, [413, 'limit']],
    [`?name=a&${tags(51)}`, [413, 'limit']],
    [`?name=a&${tags(10_000)}`, [413, 'limit']],
    [`?name=a&metadata.m=${'m'.repeat(20_000)}`, [413, 'limit']],
    [`?name=a&context.c=${'c'.repeat(5000)}`, [413, 'limit']],
  ];
  for (const [url, expected] of cases) await assertRefused(service, await put(service, url), expected);
  await service.world.check();
});

test('headers that cannot be heeded are refused', async () => {
  await using service = await httpApp();
  const cases: [Record<string, string>, readonly [number, string]][] = [
    [{ 'content-encoding': 'gzip' }, [415, 'unsupported-media-type']],
    [{ 'content-disposition': `attachment; filename*=UTF-8''%ff` }, [400, 'usage']],
    [{ 'content-digest': 'sha-256=abc' }, [400, 'usage']],
    [{ 'repr-digest': 'sha-256' }, [400, 'usage']],
    [{ 'idempotency-key': '' }, [400, 'usage']],
    [{ 'content-type': 'none' }, [415, 'unsupported-media-type']],
    [{ 'content-length': '-5' }, [400, 'usage']],
  ];
  for (const [headers, expected] of cases) {
    const url = headers['content-disposition'] === undefined ? '?name=a' : '';
    await assertRefused(service, await put(service, url, { headers }), expected);
  }
});

test('names that mean something to objects are tags like any other', async () => {
  await using service = await httpApp();
  const answer = await put(
    service,
    '?name=a&tag.__proto__=x&tag.constructor=y&metadata.__proto__=z&context.__proto__=c',
  );
  assert.equal(answer.statusCode, 201, answer.body);
  const listed = (await service.inject('reader', { method: 'GET', url: '/v1/files' })).body;
  for (const text of [answer.body, listed]) {
    assert.match(text, /"tags":\{"__proto__":"x","constructor":"y"\}/);
    assert.match(text, /"metadata":\{"__proto__":"z"\}/);
    assert.match(text, /"context":\{"__proto__":"c"\}/);
  }
});

test('bytes with the digest that was named are stored', async () => {
  await using service = await httpApp();
  const sets = [
    { 'content-digest': digest('hello') },
    { 'repr-digest': digest('hello') },
    { 'content-digest': digest('hello'), 'repr-digest': `sha-512=:AAAA:, ${digest('hello')}` },
    { 'content-digest': 'sha-512=:AAAA:' },
  ];
  for (const headers of sets) assert.equal((await put(service, '?name=a', { headers })).statusCode, 201);
});

test('bytes with another digest are not kept', async () => {
  await using service = await httpApp();
  const sets = [
    { 'content-digest': digest('other') },
    { 'repr-digest': digest('other') },
    { 'content-digest': digest('hello'), 'repr-digest': digest('other') },
  ];
  for (const headers of sets) {
    await assertRefused(service, await put(service, '?name=a', { headers }), [400, 'digest-mismatch']);
  }
  await service.world.check();
});

test('a file has at most as many bytes as the service takes', async () => {
  await using service = await httpApp({ maxFileSize: 10 });
  const sent = (payload: Buffer | Readable): Promise<LightMyRequestResponse> => put(service, '?name=a', { payload });
  await assertRefused(service, await sent(Buffer.alloc(11)), [413, 'limit']);
  // Of unknown length: counted as it comes.
  await assertRefused(service, await sent(Readable.from([Buffer.alloc(11)])), [413, 'limit']);
  assert.equal((await sent(Readable.from([Buffer.alloc(10)]))).statusCode, 201);
  assert.equal((await sent(Buffer.alloc(10))).statusCode, 201);
});

test('a length that is not that of the body is no file', async () => {
  await using service = await httpApp();
  for (const length of ['4', '6']) {
    const answer = await put(service, '?name=a', { headers: { 'content-length': length } });
    await assertRefused(service, answer, [400, 'usage']);
  }
});

test('a quota ends an upload', async () => {
  await using service = await httpApp();
  await service.vault.setQuota('default', { bytes: 4, files: null });
  await assertRefused(service, await put(service, '?name=a'), [413, 'quota']);
});

test('who may not write is told so before anything else', async () => {
  await using service = await httpApp();
  const as = (caller: 'reader' | 'monitor' | undefined): Promise<LightMyRequestResponse> =>
    service.inject(caller, {
      method: 'POST',
      url: '/v1/files?name=a',
      payload: 'x',
      headers: { 'content-digest': 'bad' },
    });
  await assertRefused(service, await as(undefined), [401, 'unauthenticated']);
  await assertRefused(service, await as('reader'), [403, 'permission']);
  await assertRefused(service, await as('monitor'), [403, 'permission']);
});

test('a file belongs to the tenant of whoever put it, or that the operator names', async () => {
  await using service = await httpApp();
  const options = { method: 'POST', url: '/v1/files?name=a', payload: 'x' } as const;
  const other = (await service.inject('other-writer', options)).json<Stat>();
  const named = (
    await service.inject('operator', { ...options, headers: { 'sealroom-tenant': 'other' } })
  ).json<Stat>();
  const { files } = await service.vault.tenant('other').list();
  assert.deepEqual(new Set(files.map(({ id }) => id)), new Set([other.id, named.id]));
  assert.equal((await service.inject('reader', { method: 'GET', url: `/v1/files/${other.id}` })).statusCode, 404);
  const nowhere = await service.inject('operator', { ...options, headers: { 'sealroom-tenant': 'nowhere' } });
  assert.deepEqual([nowhere.statusCode, nowhere.json().code], [404, 'no-tenant']);
});
