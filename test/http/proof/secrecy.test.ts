/** What the service tells about its requests: enough to know what happened, and nothing of whom and what it was about. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as startRequest } from 'node:http';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { AppOptions } from '../../../src/http/app.ts';
import { Faults } from '../../../src/testing/faulty.ts';
import type { Files, Stat } from '../../../src/vault/files.ts';
import { damaged } from '../../access/world.ts';
import { httpApp } from '../../support/http-app.ts';
import type { CallerName, TestService } from '../../support/http-app.ts';
import { RawClient } from '../../support/raw-client.ts';
import { WatchedLog } from '../../support/watched-log.ts';
import { behindFaults } from './behind-faults.ts';

const HOUR = 3_600_000;

/** Texts that a client has, each unlike any other text there is. */
const SECRET = {
  name: 'quarterly figures of the moon.xlsx',
  renamed: 'annual-figures-of-the-süd-sun.csv',
  tagName: 'tag-name-sickle',
  tagValue: 'tag value: hammer & tongs',
  metadata: 'metadata-value-plough',
  context: 'context-value-anvil',
  type: 'application/x-moon-figures',
  idempotencyKey: 'key-of-the-lunar-upload',
  tokenName: 'token-of-doctor-somebody',
  search: 'lunar-search-words',
  unknownPath: 'unknown-place-of-the-moon',
  madeUpId: 'made-up-id-of-a-file',
  password: 'password-of-the-old-world',
  cookie: 'cookie-from-another-place',
  text: 'the plaintext of the file, which is long enough to be looked for',
};

/** A service that is watched by everything that can watch it. */
class WatchedService implements AsyncDisposable {
  readonly service: TestService;
  readonly log: WatchedLog;
  readonly url: string;
  readonly #spans: InMemorySpanExporter;
  readonly #scope: AsyncDisposableStack;
  /** What was asked: method and pattern. */
  readonly #asked: string[] = [];

  private constructor(parts: {
    readonly service: TestService;
    readonly log: WatchedLog;
    readonly url: string;
    readonly spans: InMemorySpanExporter;
    readonly scope: AsyncDisposableStack;
  }) {
    this.service = parts.service;
    this.log = parts.log;
    this.url = parts.url;
    this.#spans = parts.spans;
    this.#scope = parts.scope;
  }

  static async open(make: (options: AppOptions) => Promise<TestService> = httpApp): Promise<WatchedService> {
    const scope = new AsyncDisposableStack();
    const log = new WatchedLog();
    for (const secret of Object.values(SECRET)) log.mustNotTell(secret);
    const spans = new InMemorySpanExporter();
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
    scope.defer(() => tracerProvider.shutdown());
    const service = scope.use(await make({ logger: log.logger, tracerProvider }));
    for (const token of Object.values(service.tokens)) log.mustNotTell(token.slice(-43));
    return new WatchedService({ service, log, url: await service.listen(), spans, scope });
  }

  /** Remembers a request that is made without `ask`. */
  expect(method: string, route: string): void {
    this.#asked.push(`${method} ${route}`);
  }

  /** Makes a request, and reads all of its answer where there is one. */
  async ask(
    route: string,
    {
      as,
      method = 'GET',
      path = route,
      ...init
    }: RequestInit & { readonly as?: CallerName; readonly path?: string } = {},
  ): Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }> {
    this.expect(method, route);
    const headers = { ...(as && this.service.as(as)), ...(init.headers as Record<string, string>) };
    const answer = await fetch(this.url + path, { redirect: 'manual', ...init, method, headers });
    const text = await answer.text().catch(() => 'broken off');
    return { status: answer.status, headers: answer.headers, text };
  }

  /** Everything that was told is looked through. */
  async check(): Promise<void> {
    const metrics = await this.ask('/metrics', { as: 'monitor' });
    assert.equal(metrics.status, 200);
    await this.#settled();
    const answered = this.log.lines.filter(({ msg }) => msg === 'answered');
    const told = answered.map(({ method, route }) => `${method} ${route}`);
    assert.deepEqual(told.sort(), [...this.#asked].sort(), 'one line for each request');
    assert.equal(new Set(answered.map(({ requestId }) => requestId)).size, answered.length);
    this.log.check();
    this.log.checkText(metrics.text);
    const spans = this.#spans.getFinishedSpans().map(({ name, kind, attributes, events, links, status }) => {
      return { name, kind, attributes, events, links, status };
    });
    assert.deepEqual(spans.map(({ name }) => name).sort(), [...this.#asked].sort(), 'one span for each request');
    this.log.checkText(JSON.stringify(spans));
    for (const { attributes } of spans) {
      assert.deepEqual(
        Object.keys(attributes).filter((key) => !ATTRIBUTES.has(key)),
        [],
      );
    }
  }

  /** An answer is noted when its connection is done with it: a moment after the client has it. */
  async #settled(): Promise<void> {
    const count = (): number => this.log.lines.filter(({ msg }) => msg === 'answered').length;
    for (let i = 0; i < 500 && count() < this.#asked.length; i++) await sleep(5);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope.disposeAsync();
  }
}

const ATTRIBUTES: ReadonlySet<string> = new Set([
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'url.scheme',
  'network.protocol.version',
  'error.type',
]);

const upload = (extra: Readonly<Record<string, string>> = {}): string => {
  const query = new URLSearchParams({
    name: SECRET.name,
    [`tag.${SECRET.tagName}`]: SECRET.tagValue,
    'metadata.one': SECRET.metadata,
    'context.one': SECRET.context,
    ...extra,
  });
  return `/v1/files?${query.toString()}`;
};

const MANY_TAGS = Array.from({ length: 60 }, (_, index) => [`tag.${SECRET.tagName}-${index}`, SECRET.tagValue]);

async function put(watched: WatchedService, body = SECRET.text.repeat(20)): Promise<Stat> {
  const { status, text } = await watched.ask('/v1/files', {
    as: 'writer',
    method: 'POST',
    path: upload(),
    headers: { 'content-type': SECRET.type },
    body,
  });
  assert.equal(status, 201);
  return JSON.parse(text) as Stat;
}

const json = { 'content-type': 'application/json' };

describe('neither logs, nor spans, nor metrics tell a secret', { timeout: 120_000 }, () => {
  test('of files, however they are worked with', async () => {
    await using watched = await WatchedService.open();
    const ask = watched.ask.bind(watched);
    const { id, version } = await put(watched);
    const form = new FormData();
    form.set('tag.a', SECRET.tagValue);
    form.set('context.a', SECRET.context);
    form.set('file', new File([SECRET.text], SECRET.name, { type: SECRET.type }));
    assert.equal((await ask('/v1/files', { as: 'writer', method: 'POST', body: form })).status, 201);
    const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(SECRET.renamed)}`;
    const named = { 'content-disposition': disposition, 'idempotency-key': SECRET.idempotencyKey };
    for (const [body, status] of [
      ['one', 201],
      ['one', 201],
      ['another', 422],
    ] as const) {
      assert.equal((await ask('/v1/files', { as: 'writer', method: 'POST', headers: named, body })).status, status);
    }

    const listed = await ask('/v1/files', { as: 'reader', path: `/v1/files?q=${SECRET.search}` });
    assert.equal(listed.status, 200);
    const one = { as: 'reader', path: `/v1/files/${id}` } as const;
    assert.equal((await ask('/v1/files/:id', one)).status, 200);
    const change = { as: 'writer', path: one.path, method: 'PATCH' } as const;
    const changes = JSON.stringify({ name: SECRET.renamed, tags: { [SECRET.tagName]: SECRET.tagValue } });
    const matching = { ...json, 'if-match': `"${version}"` };
    assert.equal((await ask('/v1/files/:id', { ...change, headers: matching, body: changes })).status, 200);
    assert.equal((await ask('/v1/files/:id', { ...change, headers: matching, body: changes })).status, 412);

    const content = '/v1/files/:id/content';
    const path = `/v1/files/${id}/content`;
    const asked = [
      {},
      { range: 'bytes=1-20' },
      { range: 'bytes=1-20,40-50' },
      { range: 'bytes=999999-' },
      { 'if-none-match': `"${id}"` },
      { 'if-match': `"${SECRET.cookie}"` },
    ];
    const statuses = [];
    for (const headers of asked) {
      for (const method of ['GET', 'HEAD']) {
        statuses.push(
          (await ask(content, { as: 'reader', method, path: `${path}?download=${SECRET.search}`, headers })).status,
        );
      }
    }
    assert.deepEqual(statuses, [200, 200, 206, 200, 206, 200, 416, 200, 304, 304, 412, 412]);
    assert.equal((await ask('/v1/files/:id/message', { as: 'reader', path: `/v1/files/${id}/message` })).status, 200);
    assert.equal(
      (await ask('/v1/files/:id/verify', { as: 'reader', method: 'POST', path: `/v1/files/${id}/verify` })).status,
      200,
    );
    assert.equal((await ask('/v1/files/:id', { as: 'writer', method: 'DELETE', path: `/v1/files/${id}` })).status, 204);
    await watched.check();
    const file = watched.log.lines.find(({ method, route }) => method === 'DELETE' && route === '/v1/files/:id');
    assert.deepEqual([file?.file, file?.tenant, file?.status], [id, 'default', 204], 'which file it was is told');
  });

  test('of links, tickets and tokens', async () => {
    await using watched = await WatchedService.open();
    const ask = watched.ask.bind(watched);
    const { id } = await put(watched);
    const expires = new Date(watched.service.world.clock.time + HOUR).toISOString();
    const shared = await ask('/v1/files/:id/links', {
      as: 'writer',
      method: 'POST',
      path: `/v1/files/${id}/links`,
      headers: json,
      body: JSON.stringify({ expires, downloads: 2 }),
    });
    const link = JSON.parse(shared.text) as { id: string; secret: string };
    watched.log.mustNotTell(link.secret.slice(-43));
    // A link is found by its id: with the time, who has the log would know which link was used.
    watched.log.mustNotTell(link.id);
    const page = `/s/${link.secret}`;
    assert.equal((await ask('/s/:secret', { path: page })).status, 200);
    const button = await ask('/s/:secret', { path: page, method: 'POST' });
    assert.equal(button.status, 303);
    const cookie = button.headers.get('set-cookie')!.split(';')[0]!;
    watched.log.mustNotTell(cookie.slice(-43));
    assert.equal((await ask('/s/:secret/content', { path: `${page}/content`, headers: { cookie } })).status, 200);
    assert.equal((await ask('/s/:secret', { path: `${page}?download` })).status, 200);
    assert.equal((await ask('/s/:secret', { path: `${page}?download` })).status, 404);
    for (const wrong of [damaged(link.secret), SECRET.madeUpId]) {
      watched.log.mustNotTell(wrong.slice(-43));
      assert.equal(
        (await ask('/s/:secret', { path: `/s/${wrong}`, headers: { cookie: `sealroom-visit=${SECRET.cookie}` } }))
          .status,
        404,
      );
    }
    assert.equal((await ask('/v1/links', { as: 'writer', path: `/v1/links?file=${id}` })).status, 200);
    assert.equal(
      (await ask('/v1/links/:id', { as: 'writer', method: 'DELETE', path: `/v1/links/${link.id}` })).status,
      204,
    );
    assert.equal(
      (await ask('/v1/links/:id', { as: 'writer', method: 'DELETE', path: `/v1/links/${SECRET.madeUpId}` })).status,
      404,
    );

    const issued = await ask('/v1/files/:id/tickets', {
      as: 'reader',
      method: 'POST',
      path: `/v1/files/${id}/tickets`,
    });
    const { ticket } = JSON.parse(issued.text) as { ticket: string };
    watched.log.mustNotTell(ticket.slice(-43));
    const content = { path: `/v1/files/${id}/content?ticket=${ticket}` };
    const opened = await ask('/v1/files/:id/content', content);
    const visit = opened.headers.get('set-cookie')!.split(';')[0]!;
    watched.log.mustNotTell(visit.slice(-43));
    const headers = { cookie: visit };
    const again = await ask('/v1/files/:id/content', content);
    const visited = await ask('/v1/files/:id/content', { ...content, headers });
    assert.deepEqual([opened.status, again.status, visited.status], [200, 401, 200]);

    const body = JSON.stringify({ role: 'reader', name: SECRET.tokenName, expires });
    const made = await ask('/v1/tokens', { as: 'admin', method: 'POST', headers: json, body });
    assert.equal(made.status, 201);
    const token = JSON.parse(made.text) as { id: string; token: string };
    watched.log.mustNotTell(token.token.slice(-43));
    const session = async (authorization: string): Promise<number> =>
      (await ask('/v1/session', { headers: { authorization } })).status;
    assert.equal(await session(`Bearer ${token.token}`), 200);
    assert.equal(
      (await ask('/v1/tokens/:id', { as: 'admin', method: 'DELETE', path: `/v1/tokens/${token.id}` })).status,
      204,
    );
    const basic = `Basic ${Buffer.from(`somebody:${SECRET.password}`).toString('base64')}`;
    for (const wrong of [
      `Bearer ${token.token}`,
      `Bearer ${damaged(token.token)}`,
      `Bearer ${SECRET.password}`,
      basic,
      token.token,
    ]) {
      watched.log.mustNotTell(wrong.slice(-43));
      assert.equal(await session(wrong), 401);
    }
    assert.equal((await ask('/v1/session', { path: `/v1/session?access_token=${token.token}` })).status, 401);
    assert.equal((await ask('/v1/tokens', { as: 'admin' })).status, 200);
    await watched.check();
    // Who called is told by the token's id; of one that was only made, or revoked, nothing is.
    const called = watched.log.texts.filter((text) => text.includes(token.id));
    assert.deepEqual(
      called.map((text) => (JSON.parse(text) as { route: string }).route),
      ['/v1/session'],
    );
  });

  test('of requests that fail', async () => {
    await using watched = await WatchedService.open();
    const ask = watched.ask.bind(watched);
    const { id } = await put(watched);
    const post = { as: 'writer', method: 'POST', body: SECRET.text } as const;
    const refusals: readonly (readonly [path: string, headers: Record<string, string>, status: number])[] = [
      [upload({ expires: SECRET.search }), {}, 400],
      [`${upload()}&name=${SECRET.renamed}`, {}, 400],
      [upload({ [SECRET.tagName]: SECRET.tagValue }), {}, 400],
      [upload({ name: `${SECRET.renamed}\n` }), {}, 400],
      [upload({ name: SECRET.name.repeat(100) }), {}, 413],
      [upload(Object.fromEntries(MANY_TAGS)), {}, 413],
      [upload({ 'context.long': SECRET.context.repeat(250) }), {}, 413],
      [upload({ 'context.aws-crypto-x': SECRET.context }), {}, 400],
      [upload({ type: `ü ${SECRET.password}` }), {}, 400],
      [upload(), { 'content-encoding': SECRET.password }, 415],
      [upload(), { 'content-digest': `sha-256=:${Buffer.alloc(32, 7).toString('base64')}:` }, 400],
      [upload(), { 'content-digest': SECRET.password }, 400],
      [upload(), { 'idempotency-key': `"${SECRET.idempotencyKey}` }, 400],
      [upload(), { 'content-type': `multipart/form-data; boundary=${SECRET.password}` }, 400],
      [upload(), { 'sealroom-tenant': SECRET.search }, 403],
      [upload(), { 'sealroom-tenant': `${SECRET.search} %` }, 403],
    ];
    const statuses = [];
    for (const [path, headers] of refusals) statuses.push((await ask('/v1/files', { ...post, path, headers })).status);
    assert.deepEqual(
      statuses,
      refusals.map(([, , status]) => status),
    );

    const patch = { as: 'writer', method: 'PATCH', path: `/v1/files/${id}`, headers: json } as const;
    for (const body of [
      `{"name":${SECRET.renamed}`,
      `{"${SECRET.tagName}":1}`,
      `{"__proto__":{"a":"${SECRET.tagValue}"}}`,
    ]) {
      assert.equal((await ask('/v1/files/:id', { ...patch, body })).status, 400);
    }
    assert.equal(
      (await ask('/v1/files/:id', { ...patch, headers: { 'content-type': SECRET.type }, body: '{}' })).status,
      415,
    );
    assert.equal((await ask('/v1/files', { as: 'reader', path: `/v1/files?${SECRET.search}=1` })).status, 400);
    assert.equal((await ask('/v1/files', { as: 'reader', path: `/v1/files?cursor=${SECRET.search}` })).status, 400);
    for (const rest of ['', '/content', '/message']) {
      assert.equal(
        (await ask(`/v1/files/:id${rest}`, { as: 'reader', path: `/v1/files/${SECRET.madeUpId}${rest}` })).status,
        404,
      );
    }
    assert.equal((await ask('none', { path: `/${SECRET.unknownPath}?q=${SECRET.search}` })).status, 404);
    assert.equal((await ask('none', { path: `/v1/files/${id}/${SECRET.unknownPath}` })).status, 404);
    assert.equal(
      (await ask('/v1/files/:id', { method: 'PUT', path: `/v1/files/${SECRET.madeUpId}?${SECRET.search}` })).status,
      405,
    );
    const trace = { traceparent: SECRET.password, tracestate: `a=${SECRET.password}`, baggage: `b=${SECRET.password}` };
    assert.equal(
      (await ask('/healthz', { headers: { ...trace, 'x-request-id': SECRET.password, cookie: SECRET.cookie } })).status,
      200,
    );
    await watched.check();
  });

  test('of what is no request, and of requests that break off', async () => {
    await using watched = await WatchedService.open();
    const { server } = watched.service.app;
    for (const nonsense of [
      `${SECRET.password}\r\n\r\n`,
      `GET /${SECRET.unknownPath} HTTP/9.9\r\n\r\n`,
      `GET / HTTP/1.1\r\n${SECRET.cookie}\r\n\r\n`,
    ]) {
      await using client = await RawClient.connect(server);
      await client.send(nonsense);
      assert.equal((await client.answer()).status, 400);
    }
    const upload1 = startRequest(`${watched.url}${upload()}`, {
      method: 'POST',
      agent: false,
      headers: { ...watched.service.as('writer'), 'content-type': SECRET.type },
    });
    upload1.on('error', () => undefined);
    upload1.write(SECRET.text);
    await once(upload1, 'socket');
    while (watched.service.world.catalog.items.size === 0) await sleep(1);
    watched.expect('POST', '/v1/files');
    await sleep(20);
    upload1.destroy();
    await watched.check();
    const gone = watched.log.lines.find(({ route }) => route === '/v1/files');
    assert.equal(gone?.status, 499);
  });

  test('of files that were damaged', async () => {
    await using watched = await WatchedService.open();
    const { id } = await put(watched, SECRET.text.repeat(3000));
    const { blobs } = watched.service.world.blobs;
    // Near its end: the answer has begun when it is found.
    for (const bytes of blobs.values()) bytes[bytes.length - 100]! ^= 1;
    const path = `/v1/files/${id}`;
    const broken = await watched.ask('/v1/files/:id/content', { as: 'reader', path: `${path}/content` });
    assert.deepEqual([broken.status, broken.text], [200, 'broken off']);
    const verified = await watched.ask('/v1/files/:id/verify', {
      as: 'reader',
      method: 'POST',
      path: `${path}/verify`,
    });
    assert.deepEqual([verified.status, JSON.parse(verified.text).code], [422, 'cannot-open']);
    for (const key of blobs.keys()) {
      blobs.delete(key);
      watched.log.mustNotTell(key);
    }
    assert.ok((await watched.ask('/v1/files/:id/content', { as: 'reader', path: `${path}/content` })).status >= 400);
    for (const [key, item] of watched.service.world.catalog.items) {
      if (key.startsWith('file/'))
        watched.service.world.catalog.items.set(key, { ...item, data: item.data.map((byte) => byte ^ 1) });
    }
    assert.equal((await watched.ask('/v1/files/:id', { as: 'reader', path })).status, 422);
    await watched.check();
  });

  test('of stores that fail, at whichever call', async () => {
    await using base = await httpApp();
    let opened = 0;
    let worked = 0;
    const work = async (faults: Faults): Promise<number[]> => {
      await using watched = await WatchedService.open((options) => behindFaults(base, faults, options));
      opened = faults.calls.length;
      const sent = { as: 'writer', method: 'POST', path: upload(), body: SECRET.text } as const;
      const { status, text } = await watched.ask('/v1/files', sent);
      const statuses = [status];
      if (status === 201) {
        const path = `/v1/files/${(JSON.parse(text) as Stat).id}`;
        statuses.push((await watched.ask('/v1/files/:id/content', { as: 'reader', path: `${path}/content` })).status);
        statuses.push((await watched.ask('/v1/files/:id', { as: 'writer', method: 'DELETE', path })).status);
      }
      worked = faults.calls.length;
      await watched.check();
      const failures = watched.log.lines.filter(({ msg }) => msg === 'failed');
      const bad = statuses.filter((each) => each >= 500);
      assert.ok(failures.length >= bad.length, 'whoever runs the service is told of each failure');
      return statuses;
    };
    const whole = new Faults();
    assert.deepEqual(await work(whole), [201, 200, 204]);
    const outcomes = [];
    for (const [index, { moments }] of whole.calls.slice(0, worked).entries()) {
      if (index < opened) continue;
      for (const moment of moments) {
        if (moment !== 'after') outcomes.push(...(await work(new Faults({ call: index + 1, moment }))));
      }
    }
    assert.deepEqual(
      [...new Set(outcomes)].filter((status) => ![200, 201, 204].includes(status)),
      [503],
    );
  });

  test('of stores that fail with errors of their own, whatever these say', async () => {
    const everything = Object.values(SECRET).join('\n    at ');
    const odd = new Error(everything, { cause: new TypeError(everything, { cause: everything }) });
    await using watched = await WatchedService.open((options) => {
      const refuse = (): Promise<never> => Promise.reject(odd);
      return httpApp({
        ...options,
        replace: (vault) => ({ ...vault, tenant: () => failing(refuse), tenants: refuse, tenantStats: refuse }),
      });
    });
    const asked = await watched.ask('/v1/files/:id', { as: 'reader', path: `/v1/files/${SECRET.madeUpId}` });
    assert.equal(asked.status, 500);
    for (const secret of Object.values(SECRET)) assert.ok(!asked.text.includes(secret));
    assert.equal(
      (await watched.ask('/v1/files', { as: 'writer', method: 'POST', path: upload(), body: 'x' })).status,
      500,
    );
    assert.equal((await watched.ask('/v1/tenants', { as: 'operator' })).status, 500);
    assert.equal((await watched.ask('/readyz')).status, 503);
    await watched.check();
    const failures = watched.log.lines.filter(({ msg }) => msg === 'failed');
    assert.deepEqual(
      failures.map(({ route }) => route),
      ['/v1/files/:id', '/v1/files', '/v1/tenants'],
    );
    assert.ok(JSON.stringify(failures).includes('TypeError'), 'what kind of error it was is told');
  });
});

/** Files with which nothing works. */
function failing(refuse: () => Promise<never>): Files {
  return {
    put: refuse,
    get: refuse,
    stat: refuse,
    list: refuse,
    update: refuse,
    remove: refuse,
    verify: refuse,
    export: refuse,
  };
}
