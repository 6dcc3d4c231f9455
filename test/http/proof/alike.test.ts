/** What must look alike: another's thing and none, and whatever is no credential. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { InjectOptions } from 'fastify';
import { Faults } from '../../../src/testing/faulty.ts';
import { timeOrderedId } from '../../../src/vault/identifiers.ts';
import { damaged } from '../../access/world.ts';
import { bearer, httpApp } from '../../support/http-app.ts';
import type { CallerName, TestService } from '../../support/http-app.ts';
import { behindFaults } from './behind-faults.ts';

const HOUR = 3_600_000;

/** All by which an answer could be told from another, and what the stores were asked for it. */
interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly calls: readonly string[];
}

/** A service that counts what its stores are asked. */
class CountedService implements AsyncDisposable {
  readonly service: TestService;
  readonly #faults: Faults;
  readonly #scope: AsyncDisposableStack;
  #asked = 0;

  private constructor(service: TestService, faults: Faults, scope: AsyncDisposableStack) {
    this.service = service;
    this.#faults = faults;
    this.#scope = scope;
  }

  static async open(): Promise<CountedService> {
    const scope = new AsyncDisposableStack();
    const faults = new Faults();
    const service = scope.use(await behindFaults(scope.use(await httpApp()), faults));
    const counted = new CountedService(service, faults, scope);
    await counted.haveKeys();
    return counted;
  }

  /** From now on every key is at hand, for some minutes. */
  async haveKeys(): Promise<void> {
    for (const tenant of ['default', 'other']) await this.service.vault.tenant(tenant).list();
  }

  /** Asks, and takes out what is a request's own: its id, its time, and the name that was asked for. */
  async ask(request: InjectOptions, named: string): Promise<Told> {
    this.#asked++;
    const earlier = this.#faults.calls.length;
    const answer = await this.service.app.inject({ ...request, remoteAddress: `10.1.0.${this.#asked}` });
    const { date: _, 'content-length': __, ...headers } = answer.headers;
    const body = answer.body.replace(/"requestId":"[^"]+"/, '"requestId":""').replaceAll(named, 'NAMED');
    const calls = this.#faults.calls.slice(earlier).map(({ name }) => name);
    return { status: answer.statusCode, headers, body, calls };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope.disposeAsync();
  }
}

describe('what belongs to another tenant is exactly like what is not there', async () => {
  const counted = await CountedService.open();
  // This was set up when the file was read, and other files' tests come first.
  before(() => counted.haveKeys());
  after(() => counted[Symbol.asyncDispose]());
  const { service } = counted;
  const { vault, access, world } = service;
  const { now } = world.clock;
  const expires = new Date(now() + HOUR).toISOString();
  const file = (await vault.tenant('default').put(Buffer.from('some text'), { name: 'one.txt' })).id;
  const link = (await access.links('default').create(file, { expires })).id;
  const token = (await access.tokens.create({ role: 'reader', tenant: 'default' })).id;
  const absent = { file: timeOrderedId(now()), link: 'a'.repeat(16), token: 'b'.repeat(16) };

  const REQUESTS: readonly (readonly [
    method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    payload?: object,
  ])[] = [
    ['GET', '/v1/files/FILE'],
    ['PATCH', '/v1/files/FILE', { name: 'mine.txt' }],
    ['DELETE', '/v1/files/FILE'],
    ['POST', '/v1/files/FILE/verify'],
    ['GET', '/v1/files/FILE/content'],
    ['HEAD', '/v1/files/FILE/content'],
    ['GET', '/v1/files/FILE/message'],
    ['POST', '/v1/files/FILE/links', { expires }],
    ['POST', '/v1/files/FILE/tickets'],
    ['GET', '/v1/links?file=FILE'],
    ['DELETE', '/v1/links/LINK'],
    ['DELETE', '/v1/tokens/TOKEN'],
  ];

  const made = (
    [method, path, payload]: (typeof REQUESTS)[number],
    ids: typeof absent,
    headers: object,
  ): InjectOptions => ({
    method,
    url: path.replace('FILE', ids.file).replace('LINK', ids.link).replace('TOKEN', ids.token),
    ...(payload === undefined ? {} : { payload }),
    headers: { ...headers },
  });

  const answersFor = async (
    tenants: readonly string[],
    request: (tenant: string) => InjectOptions,
  ): Promise<Told[]> => {
    const answers = [];
    for (const tenant of tenants) answers.push(await counted.ask(request(tenant), 'nothing in the answer'));
    return answers;
  };

  for (const request of REQUESTS) {
    const [method, path] = request;
    test(`for ${method} ${path}`, async () => {
      const named = path.includes('LINK') ? 'link' : path.includes('TOKEN') ? 'token' : 'file';
      const headers: Record<string, object> = { stranger: service.as('other-admin') };
      // An operator's tokens are not of the tenant that he works on.
      if (named !== 'token') headers['operator'] = { ...service.as('operator'), 'sealroom-tenant': 'other' };
      for (const [who, header] of Object.entries(headers)) {
        const foreign = await counted.ask(made(request, { file, link, token }, header), { file, link, token }[named]);
        const none = await counted.ask(made(request, absent, header), absent[named]);
        assert.deepEqual(foreign, none, who);
        assert.equal(none.status, path.includes('?') ? 200 : 404, who);
        assert.ok(none.calls.length > 0 && none.calls.every((name) => name.startsWith('catalog.')), who);
      }
    });
  }

  test('and lists of one tenant have nothing of another', async () => {
    for (const query of ['files', 'files?limit=1', 'files?q=one', 'links', `links?file=${file}`]) {
      const url = `/v1/${query}`;
      const [key = ''] = query.split('?');
      assert.equal((await service.inject('admin', { url })).json()[key].length, 1, query);
      assert.deepEqual((await service.inject('other-admin', { url })).json()[key], [], query);
    }
    const tokens = (await service.inject('other-admin', { url: '/v1/tokens' })).json().tokens as { tenant: string }[];
    assert.deepEqual(new Set(tokens.map(({ tenant }) => tenant)), new Set(['other']));
  });

  test("and a tenant that is not one's own is refused alike, whether there is one or not", async () => {
    const callers: readonly CallerName[] = ['reader', 'writer', 'admin'];
    for (const caller of callers) {
      for (const url of ['/v1/files', `/v1/files/${file}`, '/v1/session', '/v1/links']) {
        const [there, nowhere] = await answersFor(['other', 'nowhere'], (tenant) => ({
          url,
          headers: { ...service.as(caller), 'sealroom-tenant': tenant },
        }));
        assert.equal(there!.status, 403);
        assert.deepEqual(there, nowhere);
      }
    }
    const [there, nowhere] = await answersFor(['other', 'nowhere'], (tenant) => ({
      url: `/v1/tokens?tenant=${tenant}`,
      headers: service.as('admin'),
    }));
    assert.equal(there!.status, 403);
    assert.deepEqual(there, nowhere);
  });

  test('and of all this nothing is left', async () => {
    assert.equal((await vault.tenant('default').stat(file)).name, 'one.txt');
    assert.equal((await access.links('default').list()).length, 1);
    assert.ok((await access.tokens.list()).some(({ id }) => id === token));
  });
});

test('a wrong secret, an unknown, a revoked and an expired token are refused alike, by the same work', async () => {
  await using counted = await CountedService.open();
  const { access, tokens, world } = counted.service;
  const short = new Date(world.clock.time + 60_000).toISOString();
  const revoked = await access.tokens.create({ role: 'admin', tenant: '*' });
  const expired = await access.tokens.create({ role: 'admin', tenant: '*', expires: short });
  await access.tokens.revoke(revoked.id);
  world.clock.time += 60_000;
  const unknown = tokens.admin.replace(/^sr_.{16}/, 'sr_aaaaaaaaaaaaaaaa');
  const answers = [];
  for (const token of [damaged(tokens.admin), unknown, revoked.token, expired.token]) {
    answers.push(await counted.ask({ url: '/v1/session', headers: bearer(token) }, token));
  }
  assert.equal(answers[0]!.status, 401);
  assert.deepEqual(answers[0]!.calls, ['catalog.get']);
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
});
