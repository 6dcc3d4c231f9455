/** `GET` and `HEAD /v1/files/{id}/content`. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'content-disposition';
import * as fc from 'fast-check';
import type { LightMyRequestResponse } from 'fastify';
import { createLogger } from '../../../src/http/observe/log.ts';
import { Faults } from '../../../src/testing/faulty.ts';
import { patterned } from '../../../src/testing/test-bytes.ts';
import type { PutOptions, Stat } from '../../../src/vault/files.ts';
import { httpApp } from '../../support/http-app.ts';
import type { HttpAppOptions, TestService } from '../../support/http-app.ts';
import { freshKeyring } from '../../support/memory-vault.ts';
import { runs } from '../../support/stores.ts';
import { askedRange, rangeHeader, runsOf } from './asked-ranges.ts';
import { partsOf } from './parts.ts';

const plaintext = patterned(1000);

interface Stored {
  readonly service: TestService;
  readonly stat: Stat;
  readonly url: string;
}

async function stored(
  { bytes = plaintext, ...options }: HttpAppOptions & { readonly bytes?: Uint8Array } = {},
  put: Partial<PutOptions> = {},
): Promise<Stored & AsyncDisposable> {
  const service = await httpApp(options);
  const stat = await service.vault.tenant('default').put(bytes, { name: 'a/letter.txt', type: 'text/plain', ...put });
  const url = `/v1/files/${stat.id}/content`;
  return { service, stat, url, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

function ask(
  { service, url }: Stored,
  headers: Readonly<Record<string, string>> = {},
  method: 'GET' | 'HEAD' = 'GET',
): Promise<LightMyRequestResponse> {
  return service.inject('reader', { method, url, headers });
}

/** The clock of the service stands at 03:04:05. */
const BEFORE = 'Fri, 02 Jan 2026 03:04:04 GMT';
const EXACTLY = 'Fri, 02 Jan 2026 03:04:05 GMT';

describe('the content', () => {
  test('comes whole, and its headers say how it may be used', async () => {
    await using file = await stored();
    const { statusCode, headers, rawPayload } = await ask(file);
    assert.equal(statusCode, 200);
    assert.deepEqual(rawPayload, Buffer.from(plaintext));
    assert.equal(headers['content-length'], '1000');
    assert.equal(headers['content-type'], 'text/plain');
    assert.equal(headers['content-disposition'], 'inline; filename=letter.txt');
    assert.equal(headers['accept-ranges'], 'bytes');
    assert.equal(headers['etag'], `"${file.stat.id}"`);
    assert.equal(headers['last-modified'], EXACTLY);
    assert.equal(headers['cache-control'], 'private, no-cache');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.match(String(headers['content-security-policy']), /^sandbox; default-src 'none';/);
    assert.equal(headers['content-range'], undefined);
  });

  test('has the very type that was stored, in every kind of answer', async () => {
    for (const type of ['text/html', 'application/json', 'text/plain;charset=iso-8859-1', 'Weird / TYPE', 'x']) {
      await using file = await stored({}, { type });
      assert.equal((await ask(file)).headers['content-type'], type);
      assert.equal((await ask(file, {}, 'HEAD')).headers['content-type'], type);
      assert.equal((await ask(file, { range: 'bytes=1-2' })).headers['content-type'], type);
      const several = await ask(file, { range: 'bytes=1-2,5-6' });
      for (const part of partsOf(several.rawPayload, String(several.headers['content-type']))) {
        assert.equal(part.headers[0], `Content-Type: ${type}`);
      }
    }
  });

  test('is saved and not shown where it could run, and where the client says so', async () => {
    await using page = await stored({}, { type: 'text/html', name: 'p.html' });
    assert.equal((await ask(page)).headers['content-disposition'], 'attachment; filename=p.html');
    await using text = await stored();
    const saved = await ask({ ...text, url: `${text.url}?download` });
    assert.equal(saved.headers['content-disposition'], 'attachment; filename=letter.txt');
  });

  test('has a name that adds no header and no parameter', async () => {
    const name = 'x"; filename=evil.html; a="Ü\u2028\\';
    await using file = await stored({}, { name });
    const { headers } = await ask(file);
    const { type, parameters } = parse(String(headers['content-disposition']));
    assert.equal(type, 'inline');
    assert.deepEqual({ ...parameters }, { filename: name });
  });

  test('of an empty file is empty, with a length', async () => {
    await using file = await stored({ bytes: new Uint8Array(0) });
    for (const method of ['GET', 'HEAD'] as const) {
      const { statusCode, headers, rawPayload } = await ask(file, {}, method);
      assert.equal(statusCode, 200);
      assert.equal(headers['content-length'], '0');
      assert.equal(rawPayload.length, 0);
    }
    assert.equal((await ask(file, { range: 'bytes=-5' })).statusCode, 200);
    const { statusCode, headers } = await ask(file, { range: 'bytes=0-' });
    assert.equal(statusCode, 416);
    assert.equal(headers['content-range'], 'bytes */0');
  });

  test('of another tenant is not there, like that of none', async () => {
    await using file = await stored();
    const { service, url, stat } = file;
    const last = stat.id.endsWith('0') ? '1' : '0';
    const none = url.replace(stat.id, stat.id.slice(0, -1) + last);
    const answers = await Promise.all([
      service.inject('other-admin', { url }),
      service.inject('other-admin', { url: none }),
      service.inject('reader', { url: none }),
      service.inject('reader', { url: '/v1/files/no%20id/content' }),
    ]);
    for (const answer of answers) {
      assert.equal(answer.statusCode, 404);
      assert.equal(answer.json<{ code: string }>().code, 'not-found');
    }
    assert.equal((await service.inject(undefined, { url })).statusCode, 401);
  });
});

describe('a range of the content', () => {
  test('comes alone with Content-Range, and all that a whole answer says', async () => {
    await using file = await stored();
    const whole = await ask(file);
    const { statusCode, headers, rawPayload } = await ask(file, { range: 'bytes=100-' });
    assert.equal(statusCode, 206);
    assert.deepEqual(rawPayload, Buffer.from(plaintext.subarray(100)));
    assert.equal(headers['content-range'], 'bytes 100-999/1000');
    assert.equal(headers['content-length'], '900');
    for (const header of ['etag', 'last-modified', 'cache-control', 'content-type', 'content-disposition']) {
      assert.equal(headers[header], whole.headers[header], header);
    }
  });

  test('that cannot be had is 416 and says how long the file is', async () => {
    await using file = await stored();
    const { statusCode, headers, json } = await ask(file, { range: 'bytes=1000-' });
    assert.equal(statusCode, 416);
    assert.equal(headers['content-range'], 'bytes */1000');
    assert.equal(headers['content-type'], 'application/problem+json');
    assert.equal(headers['content-disposition'], undefined);
    assert.equal(headers['etag'], undefined);
    assert.equal(json<{ code: string }>().code, 'range-not-satisfiable');
  });

  test('among several comes as a part, without Content-Range outside of the parts', async () => {
    await using file = await stored();
    const { statusCode, headers, rawPayload } = await ask(file, { range: 'bytes=-10,0-9' });
    assert.equal(statusCode, 206);
    assert.equal(headers['content-range'], undefined);
    assert.equal(headers['content-length'], String(rawPayload.length));
    const parts = partsOf(rawPayload, String(headers['content-type']));
    assert.deepEqual(
      parts.map((part) => part.bytes),
      [Buffer.from(plaintext.subarray(990)), Buffer.from(plaintext.subarray(0, 10))],
    );
    assert.deepEqual(parts[0]!.headers, ['Content-Type: text/plain', 'Content-Range: bytes 990-999/1000']);
  });

  test('is the same slice of the plaintext whatever the ranges, the size and the segments', async () => {
    await using service = await httpApp({ world: { frameLength: 7, segmentLength: 20 } });
    const files = service.vault.tenant('default');
    const sizes = [1, 2, 6, 7, 8, 14, 20, 21, 40, 45];
    const ids = new Map<number, string>();
    for (const size of sizes) {
      ids.set(size, (await files.put(plaintext.subarray(0, size), { name: 'n' })).id);
    }
    const lists = fc.array(askedRange, { minLength: 1, maxLength: 6 });
    const property = fc.asyncProperty(lists, fc.constantFrom(...sizes), async (list, size) => {
      const url = `/v1/files/${ids.get(size)!}/content`;
      const answer = await service.inject('reader', { url, headers: { range: rangeHeader(list) } });
      assert.deepEqual(slicesOf(answer, size), runsOf(list, size));
    });
    await fc.assert(property, runs(150));
  });
});

/** Where the bytes of an answer lie; each is compared with what is there in the plaintext. */
function slicesOf(
  { statusCode, headers, rawPayload }: LightMyRequestResponse,
  size: number,
): { start: number; end: number }[] {
  assert.ok(statusCode === 206 || statusCode === 416, `status ${statusCode}`);
  if (statusCode === 416) return [];
  assert.equal(headers['content-length'], String(rawPayload.length));
  const range = headers['content-range'];
  if (range !== undefined) return [slice(range, rawPayload, size)];
  return partsOf(rawPayload, String(headers['content-type'])).map((part) => {
    return slice(part.headers[1]!.replace(/^Content-Range: /, ''), part.bytes, size);
  });
}

function slice(range: string, bytes: Uint8Array, size: number): { start: number; end: number } {
  const [, first, last, whole] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range)!.map(Number);
  assert.equal(whole, size);
  const place = { start: first!, end: last! + 1 };
  assert.deepEqual(Buffer.from(bytes), Buffer.from(plaintext.subarray(place.start, place.end)));
  return place;
}

describe('conditions on the content', () => {
  test('are kept for GET and HEAD', async () => {
    await using file = await stored();
    const etag = `"${file.stat.id}"`;
    const rows: readonly (readonly [Readonly<Record<string, string>>, number])[] = [
      [{ 'if-match': etag }, 200],
      [{ 'if-match': `"x", ${etag}` }, 200],
      [{ 'if-match': '*' }, 200],
      [{ 'if-match': `W/${etag}` }, 412],
      [{ 'if-match': '"x"' }, 412],
      [{ 'if-unmodified-since': EXACTLY }, 200],
      [{ 'if-unmodified-since': BEFORE }, 412],
      [{ 'if-none-match': etag }, 304],
      [{ 'if-none-match': `W/${etag}` }, 304],
      [{ 'if-none-match': '*' }, 304],
      [{ 'if-none-match': '"x"' }, 200],
      [{ 'if-modified-since': EXACTLY }, 304],
      [{ 'if-modified-since': BEFORE }, 200],
      [{ 'if-match': '"x"', 'if-none-match': etag }, 412],
      [{ 'if-none-match': etag, range: 'bytes=5000-' }, 304],
      [{ 'if-match': '"x"', range: 'bytes=5000-' }, 412],
    ];
    for (const method of ['GET', 'HEAD'] as const) {
      for (const [headers, status] of rows) {
        assert.equal((await ask(file, headers, method)).statusCode, status, `${method} ${JSON.stringify(headers)}`);
      }
    }
  });

  test('that hold for what the client has give 304, with what a cache needs and no body', async () => {
    await using file = await stored();
    const { statusCode, headers, rawPayload } = await ask(file, { 'if-none-match': `"${file.stat.id}"` });
    assert.equal(statusCode, 304);
    assert.equal(rawPayload.length, 0);
    assert.equal(headers['etag'], `"${file.stat.id}"`);
    assert.equal(headers['cache-control'], 'private, no-cache');
    assert.equal(headers['content-length'], undefined);
  });

  test('that fail give 412, as a problem', async () => {
    await using file = await stored();
    const { statusCode, headers, json } = await ask(file, { 'if-match': '"x"' });
    assert.equal(statusCode, 412);
    assert.equal(headers['content-type'], 'application/problem+json');
    assert.equal(json<{ code: string }>().code, 'precondition-failed');
  });

  test('of If-Range decide between the range and the whole', async () => {
    await using file = await stored();
    const etag = `"${file.stat.id}"`;
    for (const [ifRange, status] of [
      [etag, 206],
      [EXACTLY, 206],
      [`W/${etag}`, 200],
      ['"x"', 200],
      [BEFORE, 200],
      ['nonsense', 200],
    ] as const) {
      const { statusCode, rawPayload } = await ask(file, { range: 'bytes=5-9', 'if-range': ifRange });
      assert.equal(statusCode, status, ifRange);
      assert.equal(rawPayload.length, status === 206 ? 5 : 1000);
      const past = await ask(file, { range: 'bytes=5000-', 'if-range': ifRange });
      assert.equal(past.statusCode, status === 206 ? 416 : 200, `past the end, ${ifRange}`);
    }
  });
});

describe('HEAD of the content', () => {
  test('says what GET would say, and passes over ranges', async () => {
    await using file = await stored();
    const got = await ask(file);
    for (const headers of [{}, { range: 'bytes=5-9' }, { range: 'bytes=5000-' }, { range: 'bytes=1-2,4-5' }]) {
      const head = await ask(file, headers, 'HEAD');
      assert.equal(head.statusCode, 200);
      assert.equal(head.rawPayload.length, 0);
      const { date: _, ...rest } = head.headers;
      const { date: __, ...expected } = got.headers;
      assert.deepEqual(rest, expected);
    }
  });
});

describe('what the content costs', () => {
  test('a data key is unwrapped for each part that is sent, and for nothing else', async () => {
    await using faults = new Faults();
    await using file = await stored({ world: { keyring: faults.wrap('keyring', freshKeyring()) } });
    const etag = `"${file.stat.id}"`;
    // The keys of the catalog, which stay in memory.
    await ask(file);
    const rows: readonly (readonly ['GET' | 'HEAD', Readonly<Record<string, string>>, number, number])[] = [
      ['HEAD', {}, 200, 0],
      ['HEAD', { 'if-match': '"x"' }, 412, 0],
      ['GET', { 'if-none-match': etag }, 304, 0],
      ['GET', { 'if-match': '"x"' }, 412, 0],
      ['GET', { range: 'bytes=1000-' }, 416, 0],
      ['GET', { range: `bytes=${'0-0,'.repeat(2000)}` }, 416, 0],
      ['GET', {}, 200, 1],
      ['GET', { range: 'bytes=5-5' }, 206, 1],
      ['GET', { range: 'bytes=5-5,7-7,6-6' }, 206, 1],
      ['GET', { range: 'bytes=5-5,7-7,9-9' }, 206, 3],
    ];
    for (const [method, headers, status, unwraps] of rows) {
      const before = faults.calls.length;
      assert.equal((await ask(file, headers, method)).statusCode, status);
      const calls = faults.calls.slice(before).map(({ name }) => name);
      assert.deepEqual(
        calls,
        Array(unwraps).fill('keyring.unwrap'),
        `${method} ${JSON.stringify(headers).slice(0, 60)}`,
      );
    }
  });
});

describe('a ticket', () => {
  async function withTicket(options: HttpAppOptions = {}): Promise<Stored & AsyncDisposable & { ticket: string }> {
    const file = await stored(options);
    const { access, vault: _ } = file.service;
    const principal = (await access.authenticate(file.service.tokens.reader))!;
    const { ticket } = await access.issueTicket({ tenant: 'default', file: file.stat.id, principal });
    return { ...file, ticket };
  }

  test('takes the place of a token, once', async () => {
    await using file = await withTicket();
    const url = `${file.url}?ticket=${encodeURIComponent(file.ticket)}`;
    const first = await file.service.inject(undefined, { url });
    assert.equal(first.statusCode, 200);
    assert.deepEqual(first.rawPayload, Buffer.from(plaintext));
    const second = await file.service.inject(undefined, { url });
    assert.equal(second.statusCode, 401);
  });

  test('is for its file alone', async () => {
    await using file = await withTicket();
    const other = await file.service.vault.tenant('default').put(plaintext, { name: 'n' });
    const url = `/v1/files/${other.id}/content?ticket=${encodeURIComponent(file.ticket)}`;
    assert.equal((await file.service.inject(undefined, { url })).statusCode, 401);
  });

  test('is not used up by a look at the headers, nor is it good for one', async () => {
    await using file = await withTicket();
    const url = `${file.url}?ticket=${encodeURIComponent(file.ticket)}`;
    assert.equal((await file.service.inject(undefined, { method: 'HEAD', url })).statusCode, 401);
    assert.equal((await file.service.inject(undefined, { url })).statusCode, 200);
  });

  test('that is wrong is refused, and a second one in the same address too', async () => {
    await using file = await stored();
    const long = `ticket=${'a'.repeat(5000)}`;
    for (const query of ['ticket=', 'ticket=x', long, 'ticket=%00', 'ticket=a.b', 'ticket=a&ticket=b']) {
      assert.equal((await file.service.inject(undefined, { url: `${file.url}?${query}` })).statusCode, 401, query);
    }
    // With a token it is a query that cannot be read.
    assert.equal((await file.service.inject('reader', { url: `${file.url}?ticket=a&ticket=b` })).statusCode, 400);
  });

  test('stands in no log, and neither does the name of the file', async () => {
    const lines: string[] = [];
    const logger = createLogger({ level: 'trace', stream: { write: (line) => void lines.push(line) } });
    await using file = await withTicket({ logger });
    const url = `${file.url}?ticket=${encodeURIComponent(file.ticket)}`;
    for (let i = 0; i < 2; i++) await file.service.inject(undefined, { url });
    const log = lines.join('');
    assert.ok(log.includes(file.stat.id) && log.includes('/v1/files/:id/content'), 'the requests were logged');
    assert.ok(!log.includes(file.ticket) && !log.includes('ticket='));
    assert.ok(!log.includes('letter'));
  });
});
